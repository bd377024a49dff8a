#include "winnow/domain/mailbox.hpp"

#include <gtest/gtest.h>

namespace winnow::domain {
namespace {

TEST(Mailbox, TakesThePlainForm)
{
    for (const std::string address :
         {"ops@example.com", "a.b+c@example.com", "root@localhost", "o'neil@example.co.uk", "x@1.example"}) {
        EXPECT_EQ(mailbox_problem(address), "") << address;
    }
    EXPECT_EQ(mailbox_problem(std::string(64, 'a') + "@example.com"), "");
}

TEST(Mailbox, RefusesWhatCouldBeMoreThanOneAddressOrAHeader)
{
    for (const std::string address : {"",
                                      "@",
                                      "a@",
                                      "@b",
                                      "ab",
                                      "a@b@c",
                                      "a b@example.com",
                                      "a@example.com,b@example.com",
                                      "a@example.com ",
                                      "a@ex ample.com",
                                      "Ops <ops@example.com>",
                                      "\"a b\"@example.com",
                                      ".a@example.com",
                                      "a.@example.com",
                                      "a..b@example.com",
                                      "a@.com",
                                      "a@b..c",
                                      "a@-b.com",
                                      "a@[192.0.2.7]",
                                      "a\r\nBcc: x@example.com",
                                      "a@example.com\r\n",
                                      "\u00e4@example.com"}) {
        EXPECT_NE(mailbox_problem(address), "") << address;
    }
    EXPECT_NE(mailbox_problem(std::string(65, 'a') + "@example.com"), "");
    EXPECT_NE(mailbox_problem("a@" + std::string(63, 'b') + '.' + std::string(63, 'c') + '.' + std::string(63, 'd') +
                              '.' + std::string(63, 'e')),
              "");
}

}  // namespace
}  // namespace winnow::domain
