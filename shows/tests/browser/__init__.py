"""
Tests of pages in a real browser, with clicks and keys.

They run where TEST_BROWSER names a Chromium: `TEST_BROWSER=chromium pytest shows/tests/browser`.
"""
