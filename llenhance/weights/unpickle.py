"""The pickle of a checkpoint, read as data: names, and where each tensor's numbers lie.

Nothing is called. Instructions that a dictionary of tensors does not need are refused, and so is
whatever they would name. What is built takes a bounded multiple of the pickle's own length.
"""

from __future__ import annotations

import math
import pickletools
from dataclasses import dataclass
from typing import IO, Any, Final, NamedTuple, cast

import torch

DTYPES: Final = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
}
_DICTIONARY: Final = "collections OrderedDict"
_TENSOR: Final = "torch._utils _rebuild_tensor_v2"
_PARAMETER: Final = "torch._utils _rebuild_parameter"
_NAMED: Final = {_DICTIONARY, _TENSOR, _PARAMETER, *(f"torch {kind}" for kind in DTYPES)}
_CALLING: Final = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}
"""Instructions that name or make objects in ways that torch does not use."""

_VALUES: Final = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING"),
}
_CONSTANTS: Final = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES: Final = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

_MOST_INSTRUCTIONS: Final = 500_000  # ten times those of the authors' large network
_MOST_DIMENSIONS: Final = 8
_MOST: Final = 2**40  # numbers in a storage


class CodeError(Exception):
    """A pickle names or makes something that tensors do not need."""


class TooLongError(Exception):
    """A pickle is longer than that of any checkpoint."""


@dataclass(frozen=True, slots=True)
class _Named:
    """What a pickle refers to by module and name."""

    name: str


class Storage(NamedTuple):
    """Numbers in a row, which tensors are views of.

    Attributes:
        key: names it in the file.
        dtype: of the numbers.
        length: how many there are.
    """

    key: str
    dtype: torch.dtype
    length: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A tensor, and where its numbers lie.

    Attributes:
        storage: holds them.
        offset: of the first one.
        shape: of the tensor.
        stride: numbers from one element to the next, in each dimension.
        span: numbers from the first one to the last one.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def span(self) -> int:
        if 0 in self.shape:
            return 0
        steps = zip(self.shape, self.stride, strict=True)
        return 1 + sum((size - 1) * stride for size, stride in steps)


def unpickled(stream: IO[bytes], *, longest: int) -> object:
    """Return what a pickle describes; the stream is left after its end.

    Args:
        stream: at the start of the pickle, of a length that fits into memory.
        longest: bytes that it may have.

    Raises:
        CodeError: it names or makes something that tensors do not need.
        TooLongError: it is longer than that.
        Exception: it is damaged; parsers raise whatever the bytes lead them to.
    """
    start = stream.tell()
    machine = _Machine()
    for done, (instruction, value, _) in enumerate(pickletools.genops(cast("Any", stream))):
        if stream.tell() - start > longest or done > _MOST_INSTRUCTIONS:
            raise TooLongError
        if instruction.name == "STOP":
            break
        machine.do(instruction.name, value)
    return machine.result()


class _Machine:
    """A stack and a memory, as pickles use them."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memory: dict[int, Any] = {}

    def result(self) -> object:
        (found,) = self._stack
        return found

    def do(self, name: str, value: Any) -> None:
        stack = self._stack
        if name in _VALUES:
            stack.append(value)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in ("BINPUT", "LONG_BINPUT"):
            self._memory[value] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(self._memory[value])
        elif name == "MARK":
            self._marks.append(len(stack))
        elif name in _TUPLES:
            stack.append(tuple(self._popped(_TUPLES[name])))
        elif name == "TUPLE":
            stack.append(tuple(self._since_mark()))
        elif name in ("EMPTY_DICT", "EMPTY_LIST"):
            stack.append({} if name == "EMPTY_DICT" else [])
        elif name in ("SETITEM", "SETITEMS"):
            items = self._popped(2) if name == "SETITEM" else self._since_mark()
            _fill(stack[-1], zip(items[::2], items[1::2], strict=True))
        elif name in ("APPEND", "APPENDS"):
            items = self._popped(1) if name == "APPEND" else self._since_mark()
            cast("list[Any]", _of_type(stack[-1], list)).extend(items)
        elif name == "GLOBAL":
            if value not in _NAMED:
                raise CodeError(value)
            stack.append(_Named(value))
        elif name == "BINPERSID":
            stack.append(_storage(*stack.pop()))
        elif name == "REDUCE":
            function, arguments = self._popped(2)
            stack.append(_made(_of_type(function, _Named).name, _of_type(arguments, tuple)))
        elif name == "BUILD":  # attributes of a dictionary, which nobody needs
            self._popped(1)
            _of_type(stack[-1], dict)
        elif name in _CALLING:
            raise CodeError(name)
        elif name != "PROTO":
            raise ValueError(name)

    def _popped(self, count: int) -> list[Any]:
        if len(self._stack) - (self._marks[-1] if self._marks else 0) < count:
            raise ValueError("the stack is empty")
        popped = self._stack[-count:]
        del self._stack[-count:]
        return popped

    def _since_mark(self) -> list[Any]:
        mark = self._marks.pop()
        popped = self._stack[mark:]
        del self._stack[mark:]
        return popped


def _of_type(value: Any, kind: type[Any]) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected")
    return value


def _fill(target: Any, items: Any) -> None:
    for key, value in items:
        if type(key) not in (str, int):  # others may take for ever to compare
            raise TypeError("a key is neither text nor a number")
        _of_type(target, dict)[key] = value


def _whole(value: Any) -> int:
    if not 0 <= _of_type(value, int) <= _MOST:
        raise ValueError("a count is out of range")
    return value


def _storage(what: Any, kind: Any, key: Any, device: Any, count: Any, view: Any = None) -> Storage:
    """Return what a reference to a storage means."""
    del device  # it comes to the CPU, wherever it was
    if what != "storage" or view is not None:
        raise ValueError("this is no storage")
    dtype = DTYPES[_of_type(kind, _Named).name.removeprefix("torch ")]
    return Storage(_of_type(key, str), dtype, _whole(count))


def _made(name: str, arguments: tuple[Any, ...]) -> Any:
    """Return what a function that a pickle calls would return."""
    if name == _DICTIONARY:
        made: dict[str, Any] = {}
        for pairs in arguments:
            _fill(made, pairs)
        return made
    if name == _PARAMETER:
        return _of_type(arguments[0], Layout)
    if name != _TENSOR:
        raise CodeError(name)
    storage, offset, shape, stride = arguments[:4]
    sizes, steps = (tuple(map(_whole, _of_type(part, tuple))) for part in (shape, stride))
    if len(sizes) != len(steps) or len(sizes) > _MOST_DIMENSIONS or math.prod(sizes) > _MOST**2:
        raise ValueError("a shape is impossible")
    layout = Layout(_of_type(storage, Storage), _whole(offset), sizes, steps)
    if layout.offset + layout.span > layout.storage.length:
        raise ValueError("a tensor ends after its storage")
    return layout
