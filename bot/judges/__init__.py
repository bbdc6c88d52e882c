"""How far a model that judges can be trusted: held to what people said of the same answers."""
