"""Examples that a model writes: what it is told to write, how alike they may be, and what people make of them."""
