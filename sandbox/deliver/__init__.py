"""From the workspace to the app: events, commands and interactions, over a socket or by signed HTTP."""

from sandbox.deliver.deliverer import Deliverer, Delivery
from sandbox.deliver.reply import Reply

__all__ = ["Deliverer", "Delivery", "Reply"]
