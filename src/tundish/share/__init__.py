"""Write the card of an answer: what it is, where it holds, who may use it. Nothing is sent."""

from tundish.share.card import Card, Holds, share

__all__ = ["Card", "Holds", "share"]
