#include "delivery/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winnow::delivery {
namespace {

using testing::HasSubstr;

TEST(WebhookUrl, TakesHttpsWithAHost)
{
    for (const std::string url : {"https://example.com", "HTTPS://example.com/", "https://example.com:8443/a?b=c%20d",
                                  "https://hooks/x", "https://192.0.2.7/x", "https://[2001:db8::7]:443/x",
                                  "https://a_b.example.com", "https://example.com/@user", "https://example.com?x=@"}) {
        EXPECT_EQ(webhook_url_problem(url), "") << url;
    }
    EXPECT_EQ(webhook_url_problem("https://example.com/" + std::string(kMaxWebhookUrl - 20, 'x')), "");
}

TEST(WebhookUrl, SaysWhyItRefusesTheOthers)
{
    const struct {
        std::string url;
        std::string_view says;
    } cases[] = {
        {"http://example.com", "over http anybody"},
        {"HTTP://example.com", "over http anybody"},
        {"", "must begin with https://"},
        {"ftp://example.com", "must begin with https://"},
        {"https:/example.com", "must begin with https://"},
        {"javascript:alert(1)", "must begin with https://"},
        {"https://", "must name a host"},
        {"https:///path", "must name a host"},
        {"https://?x", "must name a host"},
        {"https://-a.example.com", "must name a host"},
        {"https://a..example.com", "must name a host"},
        {"https://exa%6dple.com", "must name a host"},
        {"https://[]/", "must name a host"},
        {"https://[fe80::1%25eth0]/", "must name a host"},
        {"https://user:pass@example.com/", "user name or password"},
        {"https://trusted.example.com@evil.example.net/", "user name or password"},
        {"https://evil.example.net\\@trusted.example.com/", "backslash"},
        {"https://example.com:0/", "port"},
        {"https://example.com:65536/", "port"},
        {"https://example.com:/", "port"},
        {"https://example.com:443x/", "port"},
        {"https://example.com/a b", "ASCII without spaces"},
        {"https://example.com/a\nb", "ASCII without spaces"},
        {"https://ex\u00e4mple.com/", "ASCII without spaces"},
        {"https://example.com/#part", "fragment"},
        {"https://example.com/" + std::string(kMaxWebhookUrl - 19, 'x'), "at most 2048"},
    };
    for (const auto& [url, says] : cases) EXPECT_THAT(webhook_url_problem(url), HasSubstr(std::string(says))) << url;
}

TEST(WebhookUrl, WithoutTlsOnlyWhereTheHostIsAllowed)
{
    std::string asked;
    const PlainHttpHosts inner = [&](std::string_view host) {
        asked = host;
        return host == "10.1.2.3" || host == "[fd00::7]";
    };
    EXPECT_EQ(webhook_url_problem("http://10.1.2.3:8080/a", inner), "");
    EXPECT_EQ(asked, "10.1.2.3");
    EXPECT_EQ(webhook_url_problem("HTTP://[fd00::7]/", inner), "");
    EXPECT_EQ(asked, "[fd00::7]");
    for (const auto* const url : {"http://10.2.2.3/", "http://example.com", "http:///x", "http://?10.1.2.3"}) {
        EXPECT_THAT(webhook_url_problem(url, inner), HasSubstr("delivery.egress_allow")) << url;
    }
    // What holds for https holds for these.
    EXPECT_THAT(webhook_url_problem("http://10.1.2.3@evil.example.net/", inner), HasSubstr("user name or password"));
    EXPECT_THAT(webhook_url_problem("http://evil.example.net\\@10.1.2.3/", inner), HasSubstr("backslash"));
    EXPECT_THAT(webhook_url_problem("http://10.1.2.3/#x", inner), HasSubstr("fragment"));
    EXPECT_THAT(webhook_url_problem("http://10.1.2.3:0/", inner), HasSubstr("port"));
}

TEST(WebhookUrl, AnAddressThatIsNeverCalledIsRefusedWhereItIsWritten)
{
    const WebhookHosts hosts = [](std::string_view host) {
        return host != "10.0.0.1" && host != "[::1]";
    };
    for (const auto* const url : {"https://10.0.0.1/", "https://10.0.0.1:8443/a?b", "HTTPS://[::1]/"}) {
        EXPECT_THAT(webhook_url_problem(url, {}, hosts), HasSubstr("delivery.egress_allow")) << url;
    }
    EXPECT_EQ(webhook_url_problem("https://chat.example.com/", {}, hosts), "");
    EXPECT_EQ(webhook_url_problem("https://10.0.0.2/", {}, hosts), "");
}

}  // namespace
}  // namespace winnow::delivery
