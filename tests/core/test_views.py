from django.contrib.staticfiles import finders


def test_the_icon_that_a_browser_asks_for_by_itself_is_found(client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert finders.find(answer.url.removeprefix("/static/"))
