"""A token in a process of its own: a driver that hangs or crashes takes down no more than that process."""
