"""
Tests of the pages in a real browser, with real clicks and keys.

They run where TEST_BROWSER names a Chromium: `TEST_BROWSER=chromium pytest shows/tests/browser`.
"""
