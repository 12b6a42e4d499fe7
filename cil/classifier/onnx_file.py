"""An ONNX model of anybody's, made ready to become a classifier: one input, one output."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from cil.classifier.classifier import INPUT
from cil.errors import UserError

OPSET = 18
_READ = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8}
# What a graph that prepares pictures itself begins with.
_PREPARES = {"Sub", "Div", "Mul", "Add", "BatchNormalization"}


@dataclass
class OnnxModel:
    """A model with the input of a classifier, float32 (pictures, 3, side, side).

    Attributes:
        output: the name of the output that answers.
        bytes_in: the model takes values from 0 to 255.
        prepares: what of its own the model does to pictures first, in words; "" if nothing.
    """

    path: Path
    model: onnx.ModelProto
    side: int
    output: str
    bytes_in: bool
    prepares: str

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """The outputs, float64 (pictures, outputs), for float32 (pictures, 3, side, side)."""
        session = onnxruntime.InferenceSession(
            self.model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        single = session.get_inputs()[0].shape[0] == 1
        step = 1 if single else 16
        parts = [
            session.run([self.output], {INPUT: inputs[at : at + step]})[0]
            for at in range(0, len(inputs), step)
        ]
        return np.concatenate(parts).reshape(len(inputs), -1).astype(np.float64)


def read_onnx(
    path: Path, side: int | None, output: str | None, widths: tuple[int, ...]
) -> OnnxModel:
    """The model in the file `path`.

    Args:
        side: of its pictures, in pixels, where the file leaves it open.
        output: the name of the output to take; the only one of a width in `widths` if None.

    Raises UserError if the file is no sound model, or has no such input or output.
    """
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
        if max(entry.version for entry in model.opset_import if not entry.domain) < OPSET:
            model = onnx.version_converter.convert_version(model, OPSET)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    except Exception as error:  # protobuf's, the checker's and the converter's own kinds
        raise UserError(f"{path}: not a sound ONNX model ({error})") from None
    chosen = _output(model.graph, path, output, widths)
    prepares = _prepares(model.graph)
    side, bytes_in = _adapt_input(model, side, path)
    _answer_in_float32(model.graph, chosen)
    return OnnxModel(path, model, side, chosen, bytes_in, prepares)


def _output(graph: onnx.GraphProto, path: Path, wanted: str | None, widths: tuple[int, ...]) -> str:
    """The output that answers; UserError if it cannot be told which."""
    found = {
        each.name: [d.dim_value for d in each.type.tensor_type.shape.dim] for each in graph.output
    }
    if wanted is not None:
        if wanted not in found:
            raise UserError(
                f"--output-name: {path} has no output {wanted!r}; it has {', '.join(found)}"
            )
        return wanted
    known = {name for name, shape in found.items() if shape[1:] and shape[1] in (*widths, 0)}
    candidates = [name for name in found if name in known] or list(found)
    if len(candidates) > 1:
        listed = "; ".join(f"{name} {found[name]}" for name in candidates)
        raise UserError(
            f"{path}: {len(candidates)} of its outputs may be the answer (0 is open): {listed}. "
            "Name the one to take by --output-name"
        )
    return candidates[0]


def _prepares(graph: onnx.GraphProto) -> str:
    """The operations on single values with which a graph begins, in words."""
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    inputs = [each.name for each in graph.input if each.name not in constants]
    at, words = inputs[0] if inputs else "", []
    for _ in range(6):
        readers = [node for node in graph.node if at in node.input]
        if len(readers) != 1 or readers[0].op_type not in {*_PREPARES, "Cast", "Transpose"}:
            break
        node = readers[0]
        values = [constants[name].ravel() for name in node.input if name in constants]
        if node.op_type in _PREPARES:
            if not values or any(len(value) not in (1, 3) for value in values):
                break
            shown = ", ".join(f"{number:.4g}" for number in values[0])
            words.append(f"{node.op_type} {shown}")
        at = node.output[0]
    return "; ".join(words)


def _adapt_input(model: onnx.ModelProto, side: int | None, path: Path) -> tuple[int, bool]:
    """Give the model a classifier's input; the side of its pictures, whether it takes bytes."""
    graph = model.graph
    constants = {constant.name for constant in graph.initializer}
    inputs = [each for each in graph.input if each.name not in constants]
    tensor = inputs[0].type.tensor_type
    kind = TensorProto.DataType.Name(tensor.elem_type).lower()
    shape = [dim.dim_value for dim in tensor.shape.dim]  # 0 where left open
    expected = (
        "expected one input of float32, float16 or uint8, (pictures, 3, side, side) or with "
        "channels last, for one picture or any number"
    )
    if len(inputs) != 1:
        raise UserError(f"{path}: {expected}; found {len(inputs)} inputs; export the model anew")
    if tensor.elem_type not in _READ:
        raise UserError(f"{path}: {expected}; found one of type {kind}; export the model anew")
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        raise UserError(f"{path}: {expected}; found shape {shape} (0 is open); export it anew")
    if shape[0] > 1:
        raise UserError(
            f"{path}: {expected}; it takes {shape[0]} pictures at a time, no more and no fewer; "
            "export the model anew with a batch size that is left open"
        )
    channels_last = shape[1] != 3
    heights = shape[1:3] if channels_last else shape[2:4]
    if side is not None and any(height not in (0, side) for height in heights):
        raise UserError(f"--side: found {side}, but {path} takes {heights[0]}×{heights[1]} pixels")
    side = heights[0] if side is None else side
    if not side or heights[0] != heights[1]:
        raise UserError(f"{path}: takes pictures of any or no square size; give --side")
    old = inputs[0].name
    name = old if old != INPUT else f"{old}_of_the_model"
    if name != old:
        for node in graph.node:
            node.input[:] = [name if each == old else each for each in node.input]
    _prepend(graph, name, tensor.elem_type, channels_last)
    batch = 1 if shape[0] == 1 else "batch"
    graph.input.remove(inputs[0])
    graph.input.insert(
        0, helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [batch, 3, side, side])
    )
    return side, tensor.elem_type == TensorProto.UINT8


def _prepend(graph: onnx.GraphProto, target: str, kind: int, channels_last: bool) -> None:
    """Nodes from INPUT, float32 with channels first, to what the model takes as `target`."""
    order = [0, 2, 3, 1] if channels_last else [0, 1, 2, 3]
    nodes: list[tuple[str, dict[str, Any]]] = [("Transpose", {"perm": order})]
    if kind == TensorProto.UINT8:
        nodes.append(("Round", {}))
    if kind != TensorProto.FLOAT:
        nodes.append(("Cast", {"to": kind}))
    source = INPUT
    for number, (operation, attributes) in enumerate(nodes):
        made = target if number == len(nodes) - 1 else f"cil/input{number}"
        graph.node.insert(number, helper.make_node(operation, [source], [made], **attributes))
        source = made


def _answer_in_float32(graph: onnx.GraphProto, output: str) -> None:
    [answer] = [each for each in graph.output if each.name == output]
    if answer.type.tensor_type.elem_type == TensorProto.FLOAT:
        return
    inner = f"{output}_of_the_model"
    for node in graph.node:
        node.output[:] = [inner if each == output else each for each in node.output]
        node.input[:] = [inner if each == output else each for each in node.input]
    graph.node.append(helper.make_node("Cast", [inner], [output], to=TensorProto.FLOAT))
    answer.type.tensor_type.elem_type = TensorProto.FLOAT
