"""TensorBoard's side: the loader, the plugin, the guard and the routes."""
