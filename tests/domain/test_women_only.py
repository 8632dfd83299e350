"""Trips for women alone: who may offer, see and take them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from allonova.domain.carpool.seats import Ride
from allonova.domain.carpool.trip_change import TripChange, TripFrozen, change_trip
from allonova.domain.carpool.women_only import WomenOnlyRefused, is_open_to, may_ride, require_confirmed_woman
from allonova.domain.identity.user import Gender, GenderDiffers, User
from allonova.domain.kernel.errors import ValidationError
from allonova.domain.kyc.document import DocType, KycStatus, PaperNotApproved
from tests.support.factories import NOW, Driver, a_driver, a_paper, a_trip, a_user, a_woman, new_id

LATER = NOW + timedelta(hours=1)


def a_woman_driver(**given: Any) -> Driver:
    driver = a_driver(**given)
    driver.user.confirm_gender(Gender.FEMALE, admin_id=new_id(), at=NOW)
    return driver


def a_man() -> User:
    man = a_user()
    man.confirm_gender(Gender.MALE, admin_id=new_id(), at=NOW)
    return man


def test_gender_is_confirmed_when_nothing_was_said_before() -> None:
    user, admin_id = a_user(), new_id()
    user.confirm_gender(Gender.FEMALE, admin_id=admin_id, at=LATER)
    assert (user.gender, user.confirmed_gender, user.gender_confirmed_by) == (Gender.FEMALE, Gender.FEMALE, admin_id)
    assert (user.is_confirmed_woman, user.updated_at) == (True, LATER)


@pytest.mark.parametrize(("said", "read"), [("male", "female"), ("female", "male"), ("other", "female")])
def test_gender_is_not_confirmed_when_its_owner_says_otherwise(said: str, read: str) -> None:
    user = a_user(gender=Gender(said))
    with pytest.raises(GenderDiffers):
        user.confirm_gender(Gender(read), admin_id=new_id(), at=LATER)
    assert (user.gender, user.confirmed_gender, user.gender_confirmed_by) == (Gender(said), None, None)


@pytest.mark.parametrize("said", [None, Gender.MALE, Gender.OTHER])
def test_confirmation_is_void_when_the_gender_changes(said: Gender | None) -> None:
    user = a_woman()
    user.change_gender(said)
    assert (user.gender, user.confirmed_gender, user.gender_confirmed_by) == (said, None, None)
    user.change_gender(Gender.FEMALE)
    assert (user.confirmed_gender, user.is_confirmed_woman) == (None, False)


def test_confirmation_stands_when_the_same_is_said_again() -> None:
    user = a_woman()
    user.change_gender(Gender.FEMALE)
    assert user.is_confirmed_woman


def test_nothing_is_left_of_it_when_the_account_is_erased() -> None:
    user = a_woman()
    user.erase(LATER)
    assert (user.gender, user.confirmed_gender, user.gender_confirmed_by) == (None, None, None)


def test_man_is_no_woman_when_his_paper_says_so() -> None:
    assert not a_man().is_confirmed_woman
    assert not a_user(gender=Gender.FEMALE).is_confirmed_woman


def test_offer_is_refused_when_the_driver_is_no_confirmed_woman() -> None:
    require_confirmed_woman(a_woman_driver().user)
    for driver in (a_driver().user, a_driver(gender=Gender.FEMALE).user, a_man()):
        with pytest.raises(WomenOnlyRefused) as refused:
            require_confirmed_woman(driver)
        assert refused.value.facts() == {"missing": ("gender",)}


def test_ride_is_among_women_when_it_is_for_women_alone() -> None:
    driver = a_woman_driver()
    trip = a_trip(driver, women_only=True)
    assert may_ride(trip, driver.user, a_woman())
    for other in (a_man(), a_user(gender=Gender.FEMALE), a_user(), None):
        assert not may_ride(trip, driver.user, other)
    driver.user.change_gender(None)
    assert not may_ride(trip, driver.user, a_woman())


def test_ride_is_for_everybody_when_nothing_is_said() -> None:
    driver = a_driver()
    for other in (a_man(), a_woman(), None):
        assert may_ride(a_trip(driver), driver.user, other)
        assert is_open_to(a_trip(driver), driver.user, other)


def test_trip_is_open_to_nobody_when_its_driver_is_suspended() -> None:
    driver = a_driver(is_active=False)
    assert not is_open_to(a_trip(driver), driver.user, a_woman())
    assert not is_open_to(a_trip(a_woman_driver(), women_only=True), a_woman_driver().user, None)


def test_women_only_is_frozen_when_somebody_holds_a_seat() -> None:
    for before in (False, True):
        trip = a_trip(a_woman_driver(), women_only=before)
        trip.hold(Ride(0, 1), 1)
        with pytest.raises(TripFrozen) as refused:
            change_trip(trip, TripChange(women_only=not before), (), LATER)
        assert [(fault.path, fault.code) for fault in refused.value.fields] == [("women_only", "frozen")]
        assert change_trip(trip, TripChange(women_only=before), (), LATER) == frozenset()


def test_late_money_buys_no_seat_when_the_trip_became_one_for_women_alone() -> None:
    trip = a_trip(a_woman_driver())
    assert change_trip(trip, TripChange(women_only=True), (), LATER) == {"women_only"}
    assert (trip.women_only, trip.was_rerouted_since(NOW)) == (True, True)
    trip.rerouted_at = None
    assert change_trip(trip, TripChange(women_only=False), (), LATER) == {"women_only"}
    assert (trip.women_only, trip.rerouted_at) == (False, None)


def test_paper_tells_a_gender_when_it_is_an_identity_paper_that_was_approved() -> None:
    user = a_user()
    for kind in (DocType.CNI, DocType.PASSPORT):
        paper = a_paper(user, kind)
        paper.require_tells_gender()
        paper.require_approved()
    with pytest.raises(ValidationError) as refused:
        a_paper(user, DocType.PERMIS).require_tells_gender()
    assert [(fault.path, fault.code) for fault in refused.value.fields] == [("gender", "not_an_identity_paper")]
    for status in (KycStatus.PENDING, KycStatus.REJECTED):
        paper = a_paper(user, DocType.CNI)
        paper.status = status
        with pytest.raises(PaperNotApproved):
            paper.require_approved()
