#include "app/config/password_settings.hpp"

#include "winnow/crypto/digest.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace winnow::app {
namespace {

class PasswordSettings : public testing::Test {
protected:
    PasswordSettings()
    {
        std::filesystem::create_directories(folder_);
        config_.encryption_key_file = write("encryption", std::string(32, 'e'));
    }
    ~PasswordSettings() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& content)
    {
        const auto path = folder_ / name;
        std::ofstream(path, std::ios::binary) << content;
        return path.string();
    }

    Config config_;

private:
    const std::filesystem::path folder_ =
        std::filesystem::path(testing::TempDir()) / ("winnow-passwords-" + std::to_string(::getpid()));
};

TEST_F(PasswordSettings, APepperIsMadeOfTheEncryptionKeyAndIsAnother)
{
    const auto made = password_peppers(config_);
    EXPECT_EQ(made.current().secret.size(), 32U);
    EXPECT_NE(made.current().secret, std::string(32, 'e'));
    EXPECT_EQ(password_peppers(config_).current().id, made.current().id) << "the same at each start";
    config_.encryption_key_file = write("other", std::string(32, 'f'));
    EXPECT_NE(password_peppers(config_).current().id, made.current().id);
}

TEST_F(PasswordSettings, APepperOfItsOwnComesFirstAndThoseBeforeItStayGood)
{
    const auto made = password_peppers(config_).current();
    config_.passwords.pepper_file = write("first", std::string(32, '1'));
    const auto first = password_peppers(config_);
    EXPECT_EQ(first.current().secret, std::string(32, '1'));
    ASSERT_NE(first.find(made.id), nullptr) << "hashes from before";
    EXPECT_EQ(first.find(made.id)->secret, made.secret);

    config_.passwords.old_pepper_files = {config_.passwords.pepper_file};
    config_.passwords.pepper_file = write("second", crypto::to_hex(std::string(32, '2')));
    const auto second = password_peppers(config_);
    EXPECT_EQ(second.current().secret, std::string(32, '2'));
    EXPECT_NE(second.find(first.current().id), nullptr);
    EXPECT_NE(second.find(made.id), nullptr);
}

TEST_F(PasswordSettings, AnIdGivesNothingOfItsPepperAway)
{
    config_.passwords.pepper_file = write("first", std::string(32, '1'));
    const auto pepper = password_peppers(config_).current();
    EXPECT_EQ(pepper.id.size(), 16U);
    EXPECT_NE(pepper.id, crypto::to_hex(pepper.secret).substr(0, 16));
    EXPECT_NE(pepper.id, crypto::to_hex(crypto::sha256(pepper.secret)).substr(0, 16));
}

TEST_F(PasswordSettings, AFileTwiceIsOnePepper)
{
    config_.passwords.pepper_file = write("first", std::string(32, '1'));
    config_.passwords.old_pepper_files = {config_.passwords.pepper_file};
    EXPECT_EQ(password_peppers(config_).current().secret, std::string(32, '1'));
}

TEST_F(PasswordSettings, AFileThatIsNoneIsNamed)
{
    config_.passwords.pepper_file = write("short", "short");
    try {
        static_cast<void>(password_peppers(config_));
        FAIL() << "it was taken";
    } catch (const std::runtime_error& wrong) {
        EXPECT_TRUE(std::string(wrong.what()).contains("password pepper " + config_.passwords.pepper_file))
            << wrong.what();
    }
}

TEST_F(PasswordSettings, TheListOfBreachedPasswordsIsEmptyUnlessOneIsConfigured)
{
    EXPECT_EQ(breached_passwords(config_).size(), 0U);
    EXPECT_EQ(problem_of_breached(""), "");
    config_.passwords.breached_file = write("breached", crypto::sha1("correct horse"));
    EXPECT_TRUE(breached_passwords(config_).contains("correct horse"));
    EXPECT_EQ(problem_of_breached(config_.passwords.breached_file), "");
    config_.passwords.breached_file = write("breached", "text\n");
    EXPECT_THROW(static_cast<void>(breached_passwords(config_)), std::runtime_error);
    EXPECT_NE(problem_of_breached(config_.passwords.breached_file), "");
}

TEST_F(PasswordSettings, HashesCostWhatIsConfigured)
{
    config_.passwords.hash = crypto::kSmallestCost;
    EXPECT_EQ(password_options(config_).cost, crypto::kSmallestCost);
    EXPECT_EQ(password_options(config_).at_once, 2U);
    EXPECT_EQ(password_options(config_).most_waiting, 32U);
}

}  // namespace
}  // namespace winnow::app
