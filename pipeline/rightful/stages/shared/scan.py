"""One look at 64 bytes of text: which of them are spaces, letters, digits, ... as one number each. Floor 3; not a stage.

What the compiled loops behind the stages find words with. To compare 64 bytes takes the processor a few instructions, fewer
than to read from memory what an earlier stage had found; so each loop looks for itself and nothing is kept of a batch. From
there a loop goes from word to word, not from byte to byte. A processor without such instructions gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import cgutils, codegen, compiler, compiler_machinery, typed_passes, types
from numba.extending import intrinsic

emitted: Callable[[Any], Any] = intrinsic
_types: Any = types
_njit: Any = numba.njit
_passes: Any = compiler.DefaultPassBuilder
_cgutils: Any = cgutils
ir: Any = _cgutils.ir  # llvmlite, which comes with numba
Function = TypeVar("Function", bound=Callable[..., Any])
_FLAGS: Any = {"nogil": True, "error_model": "numpy"}
_ALONE: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}


def compiled(function: Function) -> Function:
    """Compile at the first call and keep the code on disk, as numba does: where ``NUMBA_CACHE_DIR`` says, else beside
    this file, else in the user's cache. Where none can be written every process compiles anew (some seconds).
    """
    try:
        return cast(Function, _njit(**_FLAGS, no_cfunc_wrapper=True, cache=True)(function))
    except RuntimeError:  # "no locator available": a read-only installation and no home
        return cast(Function, _njit(**_FLAGS, no_cfunc_wrapper=True)(function))


def part(function: Function) -> Function:
    """What only compiled code calls, and what makes no array: compiled with each loop that it is a part of, once.

    A function made by :func:`compiled` is translated by itself, with what Python needs to call it, and optimised anew in
    what calls it and in what calls that. A part keeps the code as it was written down until a loop is linked.
    """
    return _part(function)


def inlined(function: Function) -> Function:
    """As :func:`part`, for what is called for each word: its code becomes part of the loop's. An array as an argument is seven
    numbers, and to hand over some of them takes longer than such a function does.
    """
    return _part(function, forceinline=True)


def _part(function: Function, **flags: bool) -> Function:
    made = _njit(**_FLAGS, **_ALONE, **flags, pipeline_class=_Part)(function)
    made._insert = lambda *entry: None  # there is nothing that Python could call
    return cast(Function, made)


class _Unfinished(codegen.JITCodeLibrary):
    """Code that is neither optimised nor translated: that is done where it is linked."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        """Nothing: what links the code does it."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._finalized = True


@compiler_machinery.register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class _Lowering(typed_passes.NativeLowering):
    _name = "part_lowering"

    def run_pass(self, state: Any) -> bool:
        context = state.targetctx
        library: Any = _Unfinished(context.codegen(), state.func_id.func_qualname)  # type: ignore[no-untyped-call]
        state.library = library
        state.flags.no_compile = True
        done: bool = super().run_pass(state)  # type: ignore[no-untyped-call]
        lowered = state["cr"] = state["cr"]._replace(cfunc=object())  # by which alone callers find it
        context.insert_user_function(lowered.cfunc, lowered.fndesc, [library])
        return done


class _Part(compiler.CompilerBase):
    def define_pipelines(self) -> list[Any]:
        passes = _passes.define_nopython_pipeline(self.state)
        passes.passes = [
            (_Lowering if step is typed_passes.NativeLowering else step, about) for step, about in passes.passes
        ]
        passes.finalize()
        return [passes]


@inlined
def first_at(numbers: Any, wanted: Any, low: int, high: int) -> int:
    """The first place from ``low`` up to ``high`` at which sorted numbers are not below ``wanted``; ``high`` where all are. numpy's
    search takes half a second to compile."""
    while low < high:
        middle = (low + high) >> 1
        if numbers[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


WINDOW = 64
"""How many bytes are looked at together; one bit each, the first the lowest."""

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ONE = np.uint64(1)

Range = tuple[int, int]
"""The first and the last of some bytes."""

HIGH: Sequence[Range] = ((0x80, 0xFF),)
SPACES: Sequence[Range] = ((0x09, 0x0D), (0x1C, 0x20))
LINE_FEEDS: Sequence[Range] = ((0x0A, 0x0A),)
LETTERS: Sequence[Range] = ((0x41, 0x5A), (0x61, 0x7A))
CAPITALS: Sequence[Range] = ((0x41, 0x5A),)
DIGITS: Sequence[Range] = ((0x30, 0x39),)
"""Classes of bytes, of ASCII those that Unicode has too: what is white space in ``str.split()``, letters, ..."""


def window(*classes: Sequence[Range]) -> Callable[[Any, Any], Any]:
    """A function ``(data, at)`` for compiled code: for each of the classes a number of 64 bits that says which of
    ``data[at:at + 64]`` are in it. Behind the end of ``data`` are zeros.
    """

    @emitted
    def masks(typing: Any, data: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            vector, block = ir.VectorType(ir.IntType(8), WINDOW), ir.IntType(64)
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            at = context.cast(builder, arguments[1], signature.args[1], types.intp)
            there = builder.sub(array.nitems, at)
            whole = builder.icmp_signed(">=", there, ir.Constant(there.type, WINDOW))
            place = builder.gep(array.data, [at])
            copy = _cgutils.alloca_once_value(builder, ir.Constant(vector, None))
            with builder.if_then(builder.not_(whole), likely=False):
                builder.store(ir.Constant(vector, None), copy)
                _cgutils.raw_memcpy(builder, builder.bitcast(copy, place.type), place, there, 1)
            here = builder.select(whole, place, builder.bitcast(copy, place.type))
            loaded = builder.load(builder.bitcast(here, vector.as_pointer()), typ=vector)
            loaded.align = 1
            found = []
            for ranges in classes:
                hits = None
                for first, last in ranges:
                    moved = builder.sub(loaded, _splat(vector, first)) if first else loaded
                    hit = builder.icmp_unsigned("<=", moved, _splat(vector, last - first))
                    hits = hit if hits is None else builder.or_(hits, hit)
                found.append(builder.bitcast(hits, block))
            return context.make_tuple(builder, signature.return_type, found)

        return _types.UniTuple(types.uint64, len(classes))(data, at), generate

    found: Callable[[Any, Any], Any] = masks
    return found


def _splat(vector: Any, value: int) -> Any:
    return ir.Constant(vector, [value] * WINDOW)


@emitted
def _eight(typing: Any, data: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block = ir.IntType(64)
        base = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.gep(base, [context.cast(builder, arguments[1], signature.args[1], types.intp)])
        loaded = builder.load(builder.bitcast(place, block.as_pointer()), typ=block)
        loaded.align = 1
        return loaded

    return types.uint64(data, at), generate


def _counting(name: str, *more: bool) -> Callable[[Any], Any]:
    """A function for compiled code that counts bits of a number of 64 bits by an instruction of the processor."""

    @emitted
    def count(typing: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            block = ir.IntType(64)
            flags = [ir.Constant(ir.IntType(1), int(flag)) for flag in more]
            shape = ir.FunctionType(block, [block, *(flag.type for flag in flags)])
            called = _cgutils.get_or_insert_function(builder.module, shape, f"llvm.{name}.i64")
            return builder.call(called, [arguments[0], *flags])

        return types.int64(types.uint64), generate

    counting: Callable[[Any], Any] = count
    return counting


ones = _counting("ctpop")
"""How many bits are set."""
low_zeros = _counting("cttz", False)
"""How many zeros are below the lowest bit that is set; 64 where none is."""
high_zeros = _counting("ctlz", False)
"""How many zeros are above the highest bit that is set; 64 where none is."""


@inlined
def below(n: Any) -> Any:
    """The lowest ``n`` bits, 0 to 64 of them."""
    return ALL if n >= 64 else (_ONE << np.uint64(n)) - _ONE


@inlined
def eight(data: Any, at: Any) -> Any:
    """The eight bytes from ``at`` on as one number, the first the lowest, and zeros behind the end of ``data``."""
    if at + 8 <= data.size:
        return _eight(data, at)
    value = np.uint64(0)
    for i in range(data.size - at):
        value |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return value
