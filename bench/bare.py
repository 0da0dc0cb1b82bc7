"""The least that a Flask route can do: what a page of the product is measured beside."""

from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello() -> str:
    return "hello"
