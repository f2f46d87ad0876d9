"""Which process models have no published number to stand on yet? Good enough to generate a plant, not to advise one."""
