#include "winnow/domain/contact.hpp"

#include <gtest/gtest.h>

namespace winnow::domain {
namespace {

TEST(WebhookUrls, AreShownUpToTheirHostAndPort)
{
    EXPECT_EQ(masked_url("https://hooks.example.com/services/T0/B0/tok?en=1#x"), "https://hooks.example.com/***");
    EXPECT_EQ(masked_url("https://hooks.example.com:8443?tok"), "https://hooks.example.com:8443/***");
    EXPECT_EQ(masked_url("HTTPS://Hooks.Example.com#tok"), "HTTPS://Hooks.Example.com/***");
    EXPECT_EQ(masked_url("http://[::1]:80/tok"), "http://[::1]:80/***");
    EXPECT_EQ(masked_url("https://user:tok@hooks.example.com/tok"), "https://hooks.example.com/***");
    EXPECT_EQ(masked_url("https://a@tok@hooks.example.com\\tok@x"), "https://hooks.example.com/***");
    EXPECT_EQ(masked_url("https://hooks.example.com"), "https://hooks.example.com/***");
}

TEST(WebhookUrls, ThatAreNoneShowNothing)
{
    for (const auto* const odd : {"", "tok", "/tok", "tok:/x", "a/tok://b", "?tok://b", "a\\tok://b"}) {
        EXPECT_EQ(base_of_url(odd), "") << odd;
    }
}

TEST(WebhookUrls, MaskedAreRecognised)
{
    EXPECT_TRUE(is_masked_url("https://hooks.example.com/***"));
    EXPECT_TRUE(is_masked_url(masked_url("https://user:tok@hooks.example.com:1/tok")));
    EXPECT_TRUE(is_masked_url("https://hooks.example.com/***?x=1"));
    EXPECT_FALSE(is_masked_url("https://hooks.example.com/a/***"));
    EXPECT_FALSE(is_masked_url("https://hooks.example.com/"));
    EXPECT_FALSE(is_masked_url("https://hooks.example.com"));
}

TEST(WebhookUrls, AreSealedForOneContactOfOneTenant)
{
    const auto tenant = *TenantId::parse("0199c0de-0000-7000-8000-00000000000a");
    const auto contact = *ContactId::parse("0199c0de-0000-7000-8000-00000000000b");
    EXPECT_EQ(sealed_url_context(tenant, contact),
              "contact-url:0199c0de-0000-7000-8000-00000000000a:0199c0de-0000-7000-8000-00000000000b");
}

TEST(ContactSettings, AreSealedEachForItself)
{
    const auto tenant = *TenantId::parse("0199c0de-0000-7000-8000-00000000000a");
    const auto contact = *ContactId::parse("0199c0de-0000-7000-8000-00000000000b");
    const auto of = ":" + tenant.str() + ":" + contact.str();
    EXPECT_EQ(sealed_setting_context(tenant, contact, "url"), "contact-url" + of);
    EXPECT_EQ(sealed_setting_context(tenant, contact, "secret"), "contact" + of) << "what is stored is bound to it";
    EXPECT_EQ(sealed_setting_context(tenant, contact, "token"), "contact-setting:token" + of);

    const auto place = sealed_setting_place(tenant, contact, "url");
    EXPECT_EQ(place.tenant, tenant);
    EXPECT_EQ(place.kind, SecretKind::webhook);
    EXPECT_EQ(place.table, "contacts");
    EXPECT_EQ(place.column, "settings");
    EXPECT_EQ(place.row, contact.str() + "/url");
    EXPECT_EQ(place.before, "contact-url" + of);
    EXPECT_EQ(sealed_setting_place(tenant, contact, "secret").kind, SecretKind::webhook);
    EXPECT_EQ(sealed_setting_place(tenant, contact, "token").kind, SecretKind::credential);
}

TEST(ContactSettings, ThatAreNotThereAreEmpty)
{
    Contact contact;
    contact.settings["url"].shown = "x";
    EXPECT_EQ(contact.setting("url").shown, "x");
    EXPECT_EQ(contact.setting("room"), ContactSetting());
}

}  // namespace
}  // namespace winnow::domain
