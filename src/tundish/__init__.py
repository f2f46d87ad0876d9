"""Raw plant exports in; proven causes, safe operating windows and models out."""
