"""What the stubs of the host say, held against its objects at run time.

The stubs are read as they are shipped, not by way of a type checker. Names in their annotations
stand for the host's own classes. Aliases are what the stubs make of them, and so are typed
mappings: the host's own are wrong about what is missing.
"""

import ast
import functools
import importlib
import inspect
from collections import ChainMap
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import (
    Any,
    ClassVar,
    Final,
    NoReturn,
    NotRequired,
    Required,
    TypedDict,
    get_args,
    get_origin,
    is_typeddict,
)

import typeguard

STUBS: Final = Path(__file__).parents[2] / "stubs" / "defectio-stubs"


@functools.cache
def stub_of(module: str) -> "Stub | None":
    """Find the stub of a host's module."""
    root, *parts = module.split(".")
    path = STUBS.joinpath(*parts)
    for file in (path / "__init__.pyi", path.with_suffix(".pyi")):
        if root == "defectio" and file.is_file():
            return Stub(module, file)
    return None


class Stub(dict[str, Any]):
    """The names of a stub: classes are the host's own, all else is what the stub makes of it."""

    def __init__(self, module: str, file: Path) -> None:
        super().__init__()
        self.module = module
        self.package = module if file.stem == "__init__" else module.rpartition(".")[0]
        self.host = importlib.import_module(module)
        self.statements: dict[str, ast.stmt] = {}
        for statement in ast.parse(file.read_text(), file).body:
            for name in self._names(statement):
                self.statements[name] = statement

    @staticmethod
    def _names(statement: ast.stmt) -> Iterator[str]:
        match statement:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name

    def __missing__(self, name: str) -> Any:
        # That a name is none of the stub's is a KeyError here, and for `eval` a builtin's.
        value = self._make(name, self.statements[name])
        self[name] = value
        return value

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def _make(self, name: str, statement: ast.stmt) -> Any:
        match statement:
            case ast.ClassDef() if self._is_payload(statement):
                return self._payload(statement)
            case ast.ImportFrom(names=names):
                source = statement.module or ""
                if statement.level:
                    package = self.package.split(".")
                    above = package[: len(package) - statement.level + 1]
                    source = ".".join((*above, source) if source else above)
                original = next(a.name for a in names if name == (a.asname or a.name))
                return self._import(source, original)
            case ast.Import():
                return stub_of(name) or importlib.import_module(name)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self.evaluate(value)
            case _:
                return getattr(self.host, name)

    @staticmethod
    def _import(source: str, name: str) -> Any:
        stub = stub_of(source)
        if stub is None:
            return getattr(importlib.import_module(source), name)
        if name in stub.statements:
            return stub[name]
        return stub_of(f"{source}.{name}")

    def _is_payload(self, definition: ast.ClassDef) -> bool:
        bases = [self.evaluate(base) for base in definition.bases]
        return any(base is TypedDict or is_typeddict(base) for base in bases)

    def _payload(self, definition: ast.ClassDef) -> Any:
        """Make a TypedDict as the stub has it: the host's own are wrong about what is missing."""
        keys: dict[str, Any] = {}
        for base in definition.bases:
            keys |= getattr(self.evaluate(base), "__annotations__", {})
        total = not any(
            keyword.arg == "total" and not ast.literal_eval(keyword.value)
            for keyword in definition.keywords
        )
        for statement in definition.body:
            assert isinstance(statement, ast.AnnAssign)
            assert isinstance(statement.target, ast.Name)
            annotation = self.evaluate(statement.annotation)
            if get_origin(annotation) not in (Required, NotRequired):
                annotation = Required[annotation] if total else NotRequired[annotation]
            keys[statement.target.id] = annotation
        make: Any = TypedDict
        return make(definition.name, keys)

    def evaluate(self, expression: ast.expr, /, **names: Any) -> Any:
        """Evaluate an annotation, or what an alias stands for."""
        code = compile(ast.Expression(expression), self.module, "eval")
        return eval(code, {}, ChainMap(names, self))  # noqa: S307 -- the stubs are ours


def shown(value: object) -> str:
    """Describe a value, in short; some of the host's objects can't do that themselves."""
    try:
        return f"{value!r:.100}"
    except Exception:  # noqa: BLE001 -- whatever it is, it shall not hide what is wrong
        return object.__repr__(value)


@dataclass(frozen=True)
class Call:
    """A call of a method, and what has to happen before it answers."""

    name: str
    args: tuple[Any, ...]
    options: dict[str, Any]
    meanwhile: Callable[[], Awaitable[None]] | None = None

    def during(self, happening: Callable[[], Awaitable[None]]) -> "Call":
        """Return the same call, with something that has to happen before it answers."""
        return replace(self, meanwhile=happening)

    def __str__(self) -> str:
        options = [f"{name}={shown(value)}" for name, value in self.options.items()]
        return f"{self.name}({', '.join([*map(shown, self.args), *options])})"


def call(name: str, /, *args: Any, **options: Any) -> Call:
    """Say how to call a method."""
    return Call(name, args, options)


def complaint(value: object, annotation: Any) -> str | None:
    """Say what is wrong with a value, if anything is."""
    while get_origin(annotation) in (Final, ClassVar):
        (annotation,) = get_args(annotation)
    try:
        typeguard.check_type(
            value,
            annotation,
            forward_ref_policy=typeguard.ForwardRefPolicy.ERROR,
            collection_check_strategy=typeguard.CollectionCheckStrategy.ALL_ITEMS,
        )
    except typeguard.TypeCheckError as error:
        return f"{error} (the stub says {annotation}, it is {shown(value)})"
    return None


@dataclass(frozen=True)
class Signature:
    """What a stub says of a function, or of one overload of it."""

    stub: Stub
    definition: ast.FunctionDef | ast.AsyncFunctionDef
    owner: type

    def _evaluate(self, expression: ast.expr) -> Any:
        return self.stub.evaluate(expression, Self=self.owner)

    def annotation(self, parameter: str) -> Any:
        """Return what a parameter has to be."""
        arguments = self.definition.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if argument.arg == parameter and argument.annotation is not None:
                return self._evaluate(argument.annotation)
        raise LookupError(parameter)

    @property
    def returns(self) -> Any:
        """What it answers; what is deprecated always fails."""
        if any(ast.unparse(each).startswith("deprecated(") for each in self.decorators):
            return NoReturn
        assert self.definition.returns is not None
        return self._evaluate(self.definition.returns)

    def takes(self, what: Call) -> bool:
        """Tell whether the stub lets somebody call it like that."""
        kinds = inspect.Parameter
        arguments = self.definition.args
        ordered = [*arguments.posonlyargs, *arguments.args]
        required = len(ordered) - len(arguments.defaults)
        parameters = [
            kinds(
                argument.arg,
                kinds.POSITIONAL_OR_KEYWORD,
                default=kinds.empty if number < required else ...,
                annotation=argument.annotation,
            )
            for number, argument in enumerate(ordered)
        ][0 if self._is_static else 1 :]
        if arguments.vararg is not None:
            star = arguments.vararg
            parameters.append(
                kinds(star.arg, kinds.VAR_POSITIONAL, annotation=star.annotation),
            )
        parameters += [
            kinds(
                argument.arg,
                kinds.KEYWORD_ONLY,
                default=kinds.empty if default is None else ...,
                annotation=argument.annotation,
            )
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]
        if arguments.kwarg is not None:
            stars = arguments.kwarg
            parameters.append(kinds(stars.arg, kinds.VAR_KEYWORD, annotation=stars.annotation))
        signature = inspect.Signature(parameters)
        try:
            bound = signature.bind(*what.args, **what.options)
        except TypeError:
            return False
        return all(
            complaint(given, self._evaluate(parameter.annotation)) is None
            for name, value in bound.arguments.items()
            for parameter in [signature.parameters[name]]
            for given in self._each(parameter, value)
        )

    @property
    def _is_static(self) -> bool:
        return "staticmethod" in map(ast.unparse, self.decorators)

    @property
    def decorators(self) -> list[ast.expr]:
        return self.definition.decorator_list

    @staticmethod
    def _each(parameter: inspect.Parameter, value: Any) -> list[Any]:
        match parameter.kind:
            case parameter.VAR_POSITIONAL:
                return list(value)
            case parameter.VAR_KEYWORD:
                return list(value.values())
            case _:
                return [value]


class Described:
    """What the stubs say of a class: its own stub, and those of the classes above it."""

    def __init__(self, owner: type) -> None:
        # An attribute may be declared on several levels, from the class up: each holds.
        self.attributes: dict[str, list[Any]] = {}
        self.methods: dict[str, list[Signature]] = {}
        for level in owner.__mro__:
            stub = stub_of(level.__module__)
            definition = None if stub is None else stub.statements.get(level.__name__)
            if stub is not None and isinstance(definition, ast.ClassDef):
                self._add(stub, definition, owner)

    def _add(self, stub: Stub, definition: ast.ClassDef, owner: type) -> None:
        known = set(self.methods)  # Those of classes below take the place of those above.
        for statement in definition.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name)):
                    annotation = stub.evaluate(statement.annotation, Self=owner)
                    self.attributes.setdefault(name, []).append(annotation)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    decorators = {ast.unparse(each) for each in statement.decorator_list}
                    signature = Signature(stub, statement, owner)
                    if "property" in decorators:
                        self.attributes.setdefault(name, []).append(signature.returns)
                    elif name not in known and f"{name}.setter" not in decorators:
                        self.methods.setdefault(name, []).append(signature)


def wrong_attributes(subject: object, missing: frozenset[str] = frozenset()) -> Iterator[str]:
    """Compare the attributes and properties of an object with what the stubs say.

    Args:
        subject: The object.
        missing: Those that the stubs promise, and of which they tell in a comment that an object
            like this one does not have them.
    """
    for name, annotations in Described(type(subject)).attributes.items():
        absent = annotations[0] is NoReturn or name in missing
        wrong: list[str | None]
        try:
            value = getattr(subject, name)
        except Exception as error:  # noqa: BLE001 -- whatever it is, users get it
            wrong = [] if absent else [f"fails: {error!r}"]
        else:
            wrong = [f"is {shown(value)}"] if absent else [complaint(value, a) for a in annotations]
        for each in wrong:
            if each is not None:
                yield f"{type(subject).__name__}.{name} {each}"


async def wrong_answer(subject: object, what: Call) -> tuple[str | None, Any]:
    """Make a call, and compare its answer with what the stubs say.

    Returns:
        What is wrong with it, or None, and the answer, or None where there was none.
    """
    signatures = Described(type(subject)).methods[what.name]
    fitting = next((each for each in signatures if each.takes(what)), None)
    if fitting is None:
        return "is not allowed by the stub", None
    annotation = fitting.returns
    answer: Any = None
    try:
        answer = getattr(subject, what.name)(*what.args, **what.options)
        promised = isinstance(fitting.definition, ast.AsyncFunctionDef)
        if not promised and get_origin(annotation) in (Awaitable, Coroutine):
            promised = True
            annotation = get_args(annotation)[-1]
        if promised != inspect.isawaitable(answer):
            return f"is {shown(answer)}", answer
        if promised:
            if what.meanwhile is not None:
                await what.meanwhile()
            answer = await answer
    except Exception as error:  # noqa: BLE001 -- whatever it is, users get it
        return None if annotation is NoReturn else f"fails: {error!r}", None
    if annotation is NoReturn:
        return f"is {shown(answer)}, not a failure", answer
    return complaint(answer, annotation), answer
