"""Pages and their notebooks: reading MyST, converting, bundling the engine, executing."""
