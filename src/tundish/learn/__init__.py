"""From pieces to an answer: causes, a safe window, a rule and a model."""

from tundish.learn.answer import Answer, Cause, Confounded, Curve, Limit, Model, Rule, Window
from tundish.learn.question import Question, Wish
from tundish.learn.steps import learn

__all__ = ["Answer", "Cause", "Confounded", "Curve", "Limit", "Model", "Question", "Rule", "Window", "Wish", "learn"]
