from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

# At the root of the site: what a browser runs for notifications may speak for the pages below its own address only.
worker = never_cache(TemplateView.as_view(template_name="devices/worker.js", content_type="text/javascript"))
