"""Proves the reference itself, on cases small enough to check by eye."""

import math

import pyarrow as pa

import oracle


def table(**columns) -> pa.Table:
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def test_the_last_row_of_a_key_stands_in_its_own_place():
    seen = table(test_id=["a", "b", "a", "c"], n=[1, 2, 3, 4])
    assert oracle.keep_last(seen, ("test_id",)).to_pydict() == {
        "test_id": ["b", "a", "c"],
        "n": [2, 3, 4],
    }


def test_null_keys_are_nobodys_duplicates():
    seen = table(test_id=[None, "a", None, "a"], n=[1, 2, 3, 4])
    assert oracle.keep_last(seen, ("test_id",)).column("n").to_pylist() == [1, 3, 4]


def test_big_integer_keys_are_compared_as_integers():
    seen = table(test_id=[2**53, 2**53 + 1, None, 2**53], n=[1, 2, 3, 4])
    assert oracle.keep_last(seen, ("test_id",)).column("n").to_pylist() == [2, 3, 4]


def test_nan_keys_are_one_key():
    seen = table(test_id=[math.nan, 1.0, math.nan], n=[1, 2, 3])
    assert oracle.keep_last(seen, ("test_id",)).column("n").to_pylist() == [2, 3]


def test_types_widen_but_never_lose():
    ints, reals = table(x=[1, 2]), table(x=[0.5])
    assert oracle.unite(ints, reals).schema.field("x").type == pa.float64()
    narrow = pa.table({"x": pa.array([7], pa.int32())})
    assert oracle.unite(narrow, ints).schema.field("x").type == pa.int64()
    for misfit in (table(x=["text"]), table(x=[True])):
        try:
            oracle.unite(ints, misfit)
        except oracle.Misfit:
            continue
        raise AssertionError("a conflict went unnoticed")
    try:
        oracle.unite(table(x=[2**53 + 1]), reals)
    except oracle.Misfit:
        return
    raise AssertionError("2**53 + 1 was forced into a double")


def test_values_that_compare_equal_are_told_apart():
    different = [0.0, -0.0, 0, False, "0", None, math.nan]
    assert len({oracle.value_text(value) for value in different}) == len(different)
