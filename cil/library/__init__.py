"""The library: label sets for those who train, evaluate or use classifiers of ImageNet.

    import cil

    labels = cil.load_labelset("people")
    train = labels.relabel(ImageFolder("train"))
    probabilities = labels.collapse(logits)

Needs numpy alone, but for what makes, edits or audits label sets: that needs the extra `labels`.
Arrays may be numpy's or torch's, and stay what they are.
"""
