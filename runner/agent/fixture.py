"""Use a fixture file: import it, build its model, give it weights and data that NumPy drew, train it."""

import contextlib
import errno
import functools
import importlib.util
import inspect
import os
import sys
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional

from agent import state
from agent.arrays import flat, tensors
from agent.drawing import OTHER_WEIGHTS, assign
from agent.own import is_own
from agent.report import FixtureFault, Unsupported, error_number, message_of
from agent.seeds import SEED, seed

TRAIN_STEPS = 3
NEXT_STEP = 100


def require(need: str) -> None:
    """Raise Unsupported unless the module is there and has the attribute: `package.module` or `package.module:attribute`.

    A module need not import: TensorFlow makes several of its own no sooner than they are asked for, and those are reached from the package.
    """
    module, _, attribute = need.partition(":")
    try:
        found = importlib.import_module(module)
        if not attribute or hasattr(found, attribute):
            return
        lacking = "%s has no %s" % (module, attribute)
    except Exception as error:
        lacking = "%s does not import: %s: %s" % (module, type(error).__name__, str(error)[:300])
    found = sys.modules.get(module.split(".")[0])
    for name in module.split(".")[1:] + [attribute] * bool(attribute):
        found = getattr(found, name, None)
    if found is None:
        raise Unsupported("need-unmet", lacking)


def module_name(request: Dict[str, Any]) -> str:
    """Return the name under which the fixture's module is imported: Keras writes it into configs, and imports it when it loads."""
    name = "fixture_" + os.path.splitext(os.path.basename(request["fixture"]["file"]))[0]
    return name + "_moved" if _code(request) == "moved" else name


def _code(request: Dict[str, Any]) -> str:
    """Say where the model's own code is: whoever saves has it."""
    return str(request["fixture"].get("code", "given")) if request["stage"] == "load" else "given"


@contextlib.contextmanager
def blame(doing: str) -> Iterator[None]:
    """What raises here is the fixture's fault, unless memory or disk ran out."""
    try:
        yield
    except (FixtureFault, Unsupported, MemoryError):
        raise
    except BaseException as error:
        if error_number(error) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise FixtureFault("%s raised %s: %s" % (doing, type(error).__name__, message_of(error)[:2000])) from error


class Fixture:
    """One fixture file with the options of one variant."""

    def __init__(self, request: Dict[str, Any], tf: Any) -> None:
        """Import the file. Raises FixtureFault."""
        self.tf = tf
        self.options = request["fixture"].get("options") or {}
        self.code = _code(request)
        self.saving = request["stage"] == "save"
        path = request["fixture"]["file"]
        name = module_name(request)
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise FixtureFault("%s is not a Python file" % path)
        self.module = importlib.util.module_from_spec(spec)
        sys.modules[name] = self.module
        with blame("importing the fixture %s" % path):
            spec.loader.exec_module(self.module)
        if self.code == "absent":
            del sys.modules[name]
        for name in ("build", "data"):
            if not callable(getattr(self.module, name, None)):
                raise FixtureFault("%s defines no function %s" % (path, name))

    def custom_objects(self) -> Dict[str, Any]:
        """Return what is passed as custom_objects; the call also makes sure that the classes are registered."""
        function = getattr(self.module, "custom_objects", None)
        if function is None or self.code == "absent":
            return {}
        with blame("custom_objects"):
            objects = dict(function(self.tf))
        return objects if self.code == "given" else {}

    def build(self, weights: int) -> Any:
        """Return a new model whose weights are drawn by NumPy from the seed `weights`."""
        if self.saving:
            # Keras counts the names that it gives, and a user's model, the only one of its process, has the first ones.
            self.tf.keras.backend.clear_session()
        with blame("build"):
            model = self.module.build(self.tf, **self.options)
        if not isinstance(model, self.tf.keras.Model):
            raise FixtureFault("build returned %s instead of a Keras model" % type(model).__name__)
        with blame("the first call of the built model"):
            self.call(model, self.inputs())
        try:
            weightless = not model.weights
        except ValueError as error:
            raise FixtureFault(
                "after the first call a part of the model has no weights yet; give that part an input shape, or call it in build: %s"
                % message_of(error)[:500]
            )
        if weightless:
            raise FixtureFault("the model has no weights")
        assign(model, weights)
        return model

    def rebuild(self) -> Any:
        """Return a new model for saved weights to be read into: the fixture's `rebuild`, as it returns it, or another `build`.

        What it draws itself, a fixed projection say, it draws otherwise, as in another process of its user's.
        """
        seed(SEED + 1)
        try:
            return self._rebuilt()
        finally:
            seed(SEED)

    def _rebuilt(self) -> Any:
        function = getattr(self.module, "rebuild", None)
        if function is None:
            return self.build(OTHER_WEIGHTS)
        with blame("rebuild"):
            model = function(self.tf, **self.options)
        if not isinstance(model, self.tf.keras.Model):
            raise FixtureFault("rebuild returned %s instead of a Keras model" % type(model).__name__)
        if has_weights(model):
            assign(model, OTHER_WEIGHTS)
        return model

    def own(self, name: str, *arguments: Any) -> Callable[[], Any]:
        """Return the call of the fixture's own `save` or `load`. Raises FixtureFault when it has none, or one of other parameters."""
        function = getattr(self.module, name, None)
        if not callable(function):
            raise FixtureFault("the fixture's file defines no function %s, which the format own needs" % name)
        with blame("calling the fixture's %s" % name):
            inspect.signature(function).bind(self.tf, *arguments, **self.options)
        return functools.partial(function, self.tf, *arguments, **self.options)

    def data(self, stream: int) -> Any:
        """Return (inputs, targets) number `stream`; stream 0 is what outputs are compared on."""
        import numpy

        with blame("data"):
            found = self.module.data(numpy.random.RandomState(1000 + stream))
        if not isinstance(found, tuple) or len(found) != 2:
            raise FixtureFault("data must return a tuple (inputs, targets)")
        return found

    def inputs(self) -> Any:
        """Return the inputs on which outputs are compared."""
        return self.data(0)[0]

    def awkward(self) -> List[Any]:
        """Return the further inputs that the file gives."""
        import numpy

        function = getattr(self.module, "awkward", None)
        if function is None:
            return []
        with blame("awkward"):
            return list(function(numpy.random.RandomState(999)))

    def optimizer(self, model: Any) -> Optional[Any]:
        """Return the model's optimizer, a new one of the fixture's own loop, or None when nothing is trained."""
        function = getattr(self.module, "optimizer", None)
        with blame("optimizer"):
            return function(self.tf) if function else getattr(model, "optimizer", None)

    @property
    def owns_optimizer(self) -> bool:
        """Say whether the optimizer lives beside the model, in a loop of the fixture's own."""
        return hasattr(self.module, "optimizer")

    def train(self, model: Any, optimizer: Any, stream: int) -> Dict[str, Optional[float]]:
        """Take one training step on data number `stream`. Returns what it told of loss and metrics, where it is not the fixture's own."""
        inputs, targets = self.data(stream)
        step = getattr(self.module, "train_step", None)
        if step is not None:
            step(self.tf, model, optimizer, inputs, targets)
            return {}
        # Keras 3 would go on with the mean over all steps before.
        getattr(model, "reset_metrics", list)()
        if self.steps_itself(model):
            # Written for fit: train_on_batch of Keras 3 hands it more than that.
            history = model.fit(inputs, targets, batch_size=len(flat(targets)[0]), shuffle=False, verbose=0).history
            # What it tells is its own affair: it may be of trackers that go on from step to step.
            return dict.fromkeys(state.told(model, history))
        return state.told(model, model.train_on_batch(inputs, targets, **by_name(model.train_on_batch)))

    def drawn_step(self, model: Any, optimizer: Any, order: List[int]) -> None:
        """Take a training step with gradients that NumPy draws, where those of the model are a matter of chance.

        `order` has for each weight of the producer the index of the weight here: both get the same gradient.
        """
        import numpy

        variables, gradients = state.variables(model), {}
        for place, index in enumerate(order):
            value = state.array(variables[index])
            drawn = numpy.random.RandomState(2000 + place).normal(size=value.shape) / 10
            gradients[id(variables[index])] = self.tf.constant(numpy.asarray(drawn).astype(value.dtype))
        optimizer.apply_gradients([(gradients[id(variable)], variable) for variable in model.trainable_variables])

    def evaluate(self, model: Any) -> Dict[str, Optional[float]]:
        """Return what a compiled model says of loss and metrics on the data of the next step, without training; nothing if it says none."""
        if getattr(model, "optimizer", None) is None or not getattr(model, "loss", None) or defines(model, "train_step"):
            return {}
        inputs, targets = self.data(NEXT_STEP)
        getattr(model, "reset_metrics", list)()
        eagerly = model.run_eagerly
        # To trace a function that is called once costs more than all other checks.
        model.run_eagerly = True
        try:
            return state.told(model, model.test_on_batch(inputs, targets, **by_name(model.test_on_batch)))
        finally:
            model.run_eagerly = eagerly

    def steps_itself(self, model: Any) -> bool:
        """Say whether a training step is code of the fixture's: a function of its file, or a method of its model's class."""
        return hasattr(self.module, "train_step") or defines(model, "train_step")

    def warm_up(self, model: Any, optimizer: Any) -> None:
        """Train the first steps, on data that differ from step to step."""
        with blame("training"):
            for step in range(1, TRAIN_STEPS + 1):
                self.train(model, optimizer, step)

    def complete(self, model: Any) -> None:
        """Have a model make what only a call for training makes; what that changes of the rest is put back."""
        with self.unchanged(model):
            model(tensors(self.tf, self.inputs()), training=True)

    def unchanged(self, model: Any) -> ContextManager[None]:
        """Put back in the end what calls of the model change; meanwhile its random generators go on."""
        return state.kept(self.holding(model) + state.generators(model))

    def holding(self, model: Any) -> List[Any]:
        """Return the variables that a call of the model may change, without the states of random generators."""
        return state.variables(model) + [held for _, held in state.beside(model, self.tf.Variable)]

    def predict(self, model: Any) -> List[Any]:
        """Return what `predict` gives for the usual inputs, as a flat list of arrays."""
        state.reset(model)
        outputs = model.predict(tensors(self.tf, self.inputs()), batch_size=len(flat(self.inputs())[0]), verbose=0)
        state.reset(model)
        return flat(outputs)

    def call(self, model: Any, inputs: Any) -> List[Any]:
        """Call the model for inference and return its outputs as a flat list of arrays."""
        return flat(self.answer(model, inputs))

    def answer(self, model: Any, inputs: Any) -> Any:
        """Call the model for inference and return what it returns.

        What stateful layers keep from one call to the next begins anew before the call and after it: a file saved then says the same.
        """
        state.reset(model)
        outputs = model(tensors(self.tf, inputs), training=False)
        state.reset(model)
        return outputs


def defines(model: Any, method: str) -> bool:
    """Say whether a class of the user's own defines a method of a model."""
    return any(method in vars(kind) and is_own(kind) for kind in type(model).__mro__)


def by_name(function: Callable[..., Any]) -> Dict[str, bool]:
    """Return the argument with which a method of a model tells loss and metrics by name, where its version has one."""
    return {"return_dict": True} if "return_dict" in inspect.signature(function).parameters else {}


def has_weights(model: Any) -> bool:
    """Say whether a model has its weights already."""
    try:
        return bool(model.weights)
    except ValueError:
        # Keras 2 raises where it was not called yet.
        return False
