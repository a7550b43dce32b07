"""Pages for people in a browser: each route reads, makes one call, and fills a page."""
