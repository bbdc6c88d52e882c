"""Delivers events, commands and interactions to the app, over a socket or by signed HTTP."""

from sandbox.delivery.deliverer import Deliverer, Delivery
from sandbox.delivery.reply import Reply

__all__ = ["Deliverer", "Delivery", "Reply"]
