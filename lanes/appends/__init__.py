"""Write accepted events to the lanes: what an append holds, and its way to one Redis or to one with replicas."""
