"""The program in a browser and for other programs: one HTTP application, bound to this machine unless told otherwise."""
