"""Training and finetuning classifiers on label sets: `python -m cil.training --help`.

Imports nothing but torch, torchvision, numpy, tqdm, safetensors and the standard library (timm
only when one of its networks is asked for), so that it runs on a bare GPU machine.
"""
