"""Templates of the libraries alone: those of our rooms would dress the stock pages."""

from django.template.loaders import app_directories

from bench.databases import ROOT


class Loader(app_directories.Loader):
    def get_dirs(self):
        return [folder for folder in super().get_dirs() if ROOT / "crm" not in folder.parents]
