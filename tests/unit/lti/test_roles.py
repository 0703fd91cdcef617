import pytest

from lti.roles import LaunchRole, parse_roles

CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([f"{CONTEXT}#Instructor"], LaunchRole.STAFF),
        ([f"{CONTEXT}#Administrator"], LaunchRole.STAFF),
        ([f"{CONTEXT}#Manager"], LaunchRole.STAFF),
        ([f"{CONTEXT}/Instructor#PrimaryInstructor"], LaunchRole.STAFF),
        ([f"{CONTEXT}/Instructor#TeachingAssistant"], LaunchRole.STAFF),
        (["Instructor"], LaunchRole.STAFF),
        ([f"{CONTEXT}#Learner", f"{CONTEXT}#Instructor"], LaunchRole.STAFF),
        ([f"{CONTEXT}#Learner"], LaunchRole.LEARNER),
        ([f"{CONTEXT}#Mentor"], LaunchRole.LEARNER),
        ([f"{CONTEXT}#ContentDeveloper"], LaunchRole.LEARNER),
        ([f"{CONTEXT}/Learner#Instructor"], LaunchRole.LEARNER),
        ([f"{CONTEXT}/Learner/Instructor#Instructor"], LaunchRole.LEARNER),
        ([f"{CONTEXT}#Learner#Instructor"], LaunchRole.LEARNER),
        (["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Instructor"], LaunchRole.LEARNER),
        (["http://evil.example/membership#Instructor"], LaunchRole.LEARNER),
        ([f"{CONTEXT}x#Instructor"], LaunchRole.LEARNER),
        (["#Instructor"], LaunchRole.LEARNER),
        (["instructor"], LaunchRole.LEARNER),
        (["urn:lti:role:ims/lis/Instructor"], LaunchRole.LEARNER),
        ([f"{INSTITUTION}#Instructor"], LaunchRole.LEARNER),
        ([f"{INSTITUTION}#Administrator"], LaunchRole.LEARNER),
        ([f"{SYSTEM}#Administrator"], LaunchRole.ADMINISTRATOR),
        (
            [f"{INSTITUTION}#Administrator", f"{CONTEXT}#Instructor", f"{SYSTEM}#Administrator"],
            LaunchRole.ADMINISTRATOR,
        ),
        ([f"{SYSTEM}#SysAdmin"], LaunchRole.LEARNER),
        ([], LaunchRole.LEARNER),
        ([""], LaunchRole.LEARNER),
        ([None, 1, [], {}], LaunchRole.LEARNER),
        ("Instructor", LaunchRole.LEARNER),
        (None, LaunchRole.LEARNER),
    ],
)
def test_role(roles: object, role: LaunchRole) -> None:
    assert parse_roles(roles).role is role
    assert not parse_roles(roles).is_test_user


def test_student_view_is_marked() -> None:
    roles = parse_roles([f"{CONTEXT}#Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"])
    assert roles.is_test_user
    assert roles.role is LaunchRole.LEARNER
