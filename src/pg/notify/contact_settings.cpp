#include "pg/notify/contact_settings.hpp"

#include "winnow/crypto/digest.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <utility>

namespace winnow::pg {

namespace {

using nlohmann::json;

domain::ContactSetting read_setting(const json& value)
{
    domain::ContactSetting setting;
    if (value.is_string()) {
        setting.shown = value.get<std::string>();
        return setting;
    }
    const auto text = [&value](const char* name) {
        const auto found = value.find(name);
        return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (!value.is_object() || !crypto::from_base64(text("sealed"), setting.sealed) || setting.sealed.empty()) {
        return {.illegible = value.dump()};
    }
    setting.shown = text("shown");
    return setting;
}

}  // namespace

domain::ContactSettings read_settings(std::string_view json_text)
{
    const auto document = json::parse(json_text, nullptr, false);
    if (!document.is_object()) throw std::runtime_error("settings are no object");
    domain::ContactSettings settings;
    for (const auto& [name, value] : document.items()) settings.emplace(name, read_setting(value));
    return settings;
}

std::string settings_json(const domain::ContactSettings& settings, UrlsAre urls)
{
    auto document = json::object();
    for (const auto& [name, setting] : settings) {
        if (!setting.illegible.empty()) {
            document[name] = json::parse(setting.illegible);
        } else if (urls == UrlsAre::clear && !setting.clear.empty()) {
            document[name] = setting.clear;
        } else if (setting.sealed.empty()) {
            document[name] = setting.shown;
        } else {
            auto& sealed = document[name] = {{"sealed", crypto::to_base64(setting.sealed)}};
            if (!setting.shown.empty()) sealed["shown"] = setting.shown;
        }
    }
    return document.dump();
}

}  // namespace winnow::pg
