"""HTML reports to be looked at: of real programs, and of models made by hand (tests/unit/html_pages.c)."""

import os

import harness
from harness import require

MADE = ("hostile", "odd", "thousand", "classes-5", "classes-100", "classes-2000", "judged")
FOUND = 66


class Pages:
    """Pages in a folder, each made when first asked for."""

    def __init__(self, lockhound, writer, build, folder):
        self.lockhound = os.path.abspath(lockhound)
        self.folder = folder
        self.build = os.path.abspath(build)
        done = harness.run([os.path.abspath(writer), folder])
        require(done.exit == 0, f"html_write\n{done.show()}")

    def made(self, name):
        return os.path.join(self.folder, name + ".html")

    def of_program(self, path, status=FOUND):
        """The report of a run of tests/programs/NAME or samples/NAME."""
        page = self.made(os.path.basename(path))
        if not os.path.exists(page):
            program = os.path.join(self.build, path)
            ended = harness.run([self.lockhound, "run", "--format", "html", "-o", page, "--", program])
            require(ended.exit == status, f"run of {path}\n{ended.show()}")
        return page

    def hostile_program(self):
        return self.of_program("tests/programs/hostile_names")

    def inversion(self):
        return self.of_program("samples/opposite_order")

    def filtered(self):
        return self.of_program("samples/gate_lock", status=0)
