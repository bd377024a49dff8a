/// The provider's staff in the database: what enrols whom, which code counts, and what ends a session.

#include "winnow/pg/provider/provider_staff.hpp"

#include "integration/pg/fixture.hpp"

#include <pqxx/connection>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include <memory>

namespace winnow::pg {
namespace {

using ports::StaffMember;

class ProviderStaffTest : public PgTest {
protected:
    static std::string hash(char of) { return std::string(32, of); }

    StaffId invited(const std::string& email = "pat@provider.example", char token = 'e')
    {
        StaffMember member;
        member.id = StaffId(new_uuid());
        member.email = email;
        member.name = "Pat";
        member.role = "admin";
        const auto made = staff_->create(member, hash(token), {});
        EXPECT_TRUE(made) << made.error().message();
        return member.id;
    }
    static ports::StoredPassword password()
    {
        return {.salt = std::string(16, 's'), .tag = hash('t'), .memory_kib = 19'456, .passes = 2, .pepper_id = "p"};
    }
    StaffId active()
    {
        const auto id = invited();
        EXPECT_TRUE(staff_->choose(hash('e'), password(), "sealed", {}).value());
        EXPECT_TRUE(staff_->activate(hash('e'), 100, {}).value());
        return id;
    }
    bool signs_in(StaffId id, std::int64_t step, char token = 'a')
    {
        return staff_->sign_in(id, hash('t'), step, SessionId(new_uuid()), hash(token), {}).value();
    }

    std::unique_ptr<ports::ProviderStaff> staff_ = make_provider_staff(as(database_.provider));
};

TEST_F(ProviderStaffTest, EnrolByTheirTokenUntilTheFirstCodeWasRight)
{
    const auto id = invited();
    EXPECT_FALSE(staff_->activate(hash('e'), 100, {}).value()) << "without a password";
    EXPECT_EQ(staff_->by_email("pat@provider.example").value(), std::nullopt);
    EXPECT_FALSE(staff_->choose(hash('x'), password(), "sealed", {}).value());
    EXPECT_TRUE(staff_->choose(hash('e'), password(), "sealed", {}).value());
    const auto secrets = staff_->by_enrolment(hash('e')).value();
    ASSERT_TRUE(secrets);
    EXPECT_EQ(secrets->member.id, id);
    EXPECT_EQ(secrets->sealed_seed, "sealed");
    EXPECT_EQ(secrets->password->tag, hash('t'));
    EXPECT_TRUE(staff_->activate(hash('e'), 100, {}).value());
    EXPECT_FALSE(staff_->activate(hash('e'), 101, {}).value());
    EXPECT_EQ(staff_->by_enrolment(hash('e')).value(), std::nullopt);
    EXPECT_EQ(staff_->by_email("PAT@provider.example").value()->last_step, 100);
}

TEST_F(ProviderStaffTest, ATokenEnrolsForADay)
{
    invited();
    sql("update provider_users set enrolment_until = now() - interval '1 second'");
    EXPECT_EQ(staff_->by_enrolment(hash('e')).value(), std::nullopt);
    EXPECT_FALSE(staff_->choose(hash('e'), password(), "sealed", {}).value());
}

TEST_F(ProviderStaffTest, AnAddressIsOnePersonsWhateverItsCase)
{
    invited();
    StaffMember other;
    other.id = StaffId(new_uuid());
    other.email = "PAT@provider.example";
    other.name = "P";
    other.role = "support";
    EXPECT_EQ(staff_->create(other, hash('f'), {}).error().code(), ErrorCode::conflict);
}

TEST_F(ProviderStaffTest, EachStepCountsOnceAndOnlyWithThePasswordThatIs)
{
    const auto id = active();
    EXPECT_FALSE(signs_in(id, 100));
    EXPECT_FALSE(staff_->sign_in(id, hash('u'), 101, SessionId(new_uuid()), hash('a'), {}).value());
    EXPECT_TRUE(signs_in(id, 101));
    EXPECT_FALSE(signs_in(id, 101, 'b'));
    EXPECT_EQ(staff_->find_session(hash('a')).value()->member.id, id);
    EXPECT_EQ(staff_->find_session(hash('b')).value(), std::nullopt);
}

TEST_F(ProviderStaffTest, TenFailuresHoldForAQuarterOfAnHourAndSuccessForgetsThem)
{
    const auto id = active();
    for (int i = 0; i < ports::kStaffFailures - 1; ++i) ASSERT_TRUE(staff_->failed(id, {}));
    EXPECT_FALSE(staff_->by_email("pat@provider.example").value()->blocked);
    EXPECT_TRUE(signs_in(id, 101));
    for (int i = 0; i < ports::kStaffFailures; ++i) ASSERT_TRUE(staff_->failed(id, {}));
    EXPECT_TRUE(staff_->by_email("pat@provider.example").value()->blocked);
    EXPECT_FALSE(signs_in(id, 102, 'b'));
    sql("update provider_users set blocked_until = now() - interval '1 second'");
    EXPECT_TRUE(signs_in(id, 102, 'b'));
}

TEST_F(ProviderStaffTest, SessionsEndByTimeByHandAndWithTheirPerson)
{
    const auto id = active();
    const auto lives = [&](char token) {
        return staff_->find_session(hash(token)).value().has_value();
    };
    ASSERT_TRUE(signs_in(id, 101, 'a'));
    sql("update provider_sessions set last_seen_at = now() - interval '29 minutes'");
    EXPECT_TRUE(lives('a'));
    EXPECT_EQ(number("select count(*) from provider_sessions where last_seen_at > now() - interval '1 minute'"), 1);
    sql("update provider_sessions set last_seen_at = now() - interval '31 minutes'");
    EXPECT_FALSE(lives('a'));
    ASSERT_TRUE(signs_in(id, 102, 'b'));
    sql("update provider_sessions set expires_at = now()");
    EXPECT_FALSE(lives('b'));
    ASSERT_TRUE(signs_in(id, 103, 'c'));
    ASSERT_TRUE(staff_->sign_out(staff_->find_session(hash('c')).value()->id, {}));
    EXPECT_FALSE(lives('c'));
    ASSERT_TRUE(signs_in(id, 104, 'd'));
    ASSERT_TRUE(staff_->disable(id, {}));
    EXPECT_FALSE(lives('d'));
    EXPECT_EQ(staff_->disable(id, {}).error().code(), ErrorCode::conflict);
    ASSERT_TRUE(staff_->reset(id, hash('g'), {}));
    EXPECT_FALSE(lives('d')) << "what ended does not come back";
    EXPECT_EQ(staff_->by_enrolment(hash('g')).value()->password.has_value(), false);
    sql("update provider_sessions set expires_at = now() - interval '91 days'");
    EXPECT_EQ(do_chore("forget_staff_sessions"), 4U);
}

TEST_F(ProviderStaffTest, NobodyElseReachesThem)
{
    for (const auto& role : {database_.api, database_.pipeline}) {
        pqxx::connection connection(role);
        for (const auto* const statement :
             {"select email from provider_users", "select token_hash from provider_sessions"}) {
            EXPECT_THROW(pqxx::nontransaction(connection).exec(statement), pqxx::insufficient_privilege);
        }
    }
}

}  // namespace
}  // namespace winnow::pg
