"""How do the processes of a steel plant behave? One process a file: pure functions, unit and source on every parameter.

What has a source and a test of a published number stands here; what has none yet stands in ``experimental/``.
"""
