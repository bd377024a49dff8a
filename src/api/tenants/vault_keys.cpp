#include "api/tenants/vault_keys.hpp"

#include "api/rest/json_body.hpp"
#include "api/rest/respond.hpp"
#include "api/tenants/provider_tenants.hpp"
#include "winnow/base/time.hpp"
#include "winnow/ports/vault/key_store.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using nlohmann::json;

constexpr std::size_t kLeastReasonChars = 10;
constexpr std::size_t kMostReasonChars = 500;

Result<Done> there_is(const VaultAdministration& vault)
{
    if (vault.keys != nullptr) return Done{};
    return Error(ErrorCode::not_found, "this service has no vault: its configuration names none (vault.url)");
}

json facts_json(const ports::VaultFacts& facts)
{
    auto roots = json::array();
    for (const auto& root : facts.roots) {
        roots.push_back({{"id", root.root},
                         {"state", root.state},
                         {"keys", root.keys},
                         {"nodes", root.nodes},
                         {"created_at", format_rfc3339(root.created_at)},
                         {"retired_at", time_json(root.retired_at)},
                         {"destroyed_at", time_json(root.destroyed_at)}});
    }
    return {
        {"root_keys", std::move(roots)},
        {"nodes", facts.nodes},
        {"to_rewrap", facts.to_rewrap},
        {"to_reseal", facts.to_reseal},
        {"tenant_keys", {{"current", facts.current}, {"retiring", facts.retiring}, {"destroyed", facts.destroyed}}}};
}

Result<http::Response> shown(const VaultAdministration& vault, int status)
{
    const auto facts = vault.keys->facts();
    if (!facts) return facts.error();
    return json_response(status, facts_json(*facts));
}

bool is_root_id(std::string_view text)
{
    constexpr std::size_t kDigits = 16;
    return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The one that is named, or, where none is, the one that waits; every node holds it, and it is not the current one.
Result<std::string> next_root(const VaultAdministration& vault, const std::optional<std::string>& named)
{
    const auto facts = vault.keys->facts();
    if (!facts) return facts.error();
    std::vector<std::string> ready;
    for (const auto& root : facts->roots) {
        const bool wanted = named ? root.root == *named && root.state != "current" && root.state != "destroyed"
                                  : root.state == "waiting";
        if (wanted && root.nodes == facts->nodes) ready.push_back(root.root);
    }
    if (ready.size() == 1) return ready.front();
    return Error(ErrorCode::conflict, ready.empty()
                                          ? "no such root key waits that every node at work holds: add its file to "
                                            "vault.root_key_files of each, and start them anew, first"
                                          : "several root keys wait: say which one (root)");
}

Result<Done> recorded(ports::ProviderStore& store, const char* act, const std::string& object, const json& detail,
                      const http::Request& request)
{
    return store.record(act, object, detail.dump(-1, ' ', false, json::error_handler_t::replace),
                        provider_request_of(request));
}

bool all_destroyed(const std::vector<ports::KeyFacts>& keys)
{
    return !keys.empty() && std::ranges::all_of(keys, [](const auto& key) { return key.state == "destroyed"; });
}

/// Another key is of use only once the one before has gone out of use: whoever asks in a loop makes no key of each.
Result<Done> may_rotate(const std::vector<ports::KeyFacts>& keys)
{
    constexpr std::ptrdiff_t kMostRetiring = 5;
    const auto retiring =
        std::ranges::count_if(keys, [](const auto& key) { return key.state == "retiring" && !key.resealed_at; });
    if (retiring < kMostRetiring) return Done{};
    return Error(ErrorCode::conflict,
                 "five older keys of the tenant still seal something: ask again once it is sealed anew (resealed_at), "
                 "which the chore reseal_secrets does within minutes");
}

struct Destruction {
    std::string service_code;
    std::string reason;
};

Result<Destruction> read_destruction(const http::Request& request, const domain::Tenant& tenant)
{
    const auto document = read_object(request);
    if (!document) return document.error();
    Destruction wanted;
    FieldReader fields(*document);
    wanted.service_code = fields.text("service_code", {1, 32}, Need::required).value_or("");
    wanted.reason = fields.text("reason", {kLeastReasonChars, kMostReasonChars}, Need::required).value_or("");
    if (!wanted.service_code.empty() && wanted.service_code != tenant.service_code) {
        fields.error("service_code", "is not this tenant's: say whose secrets are never to be opened again");
    }
    if (auto read = fields.finish(); !read) return read.error();
    return wanted;
}

}  // namespace

Result<http::Response> show_vault(const VaultAdministration& vault)
{
    if (const auto there = there_is(vault); !there) return there.error();
    return shown(vault, 200);
}

Result<http::Response> rotate_root_key(const http::Request& request, const VaultAdministration& vault,
                                       ports::ProviderStore& store)
{
    if (const auto there = there_is(vault); !there) return there.error();
    const auto document = read_object(request);
    if (!document) return document.error();
    FieldReader fields(*document);
    const auto named = fields.text("root", {1, 64});
    if (named && !is_root_id(*named)) fields.error("root", "is no root key's id, which is 16 hexadecimal digits");
    if (auto read = fields.finish(); !read) return read.error();
    const auto root = next_root(vault, named);
    if (!root) return root.error();
    if (const auto told = recorded(store, "root_key.rotate", "root_key:" + *root, json::object(), request); !told) {
        return told.error();
    }
    if (const auto rotated = vault.keys->rotate_root(*root); !rotated) return rotated.error();
    vault.refresh();
    return shown(vault, 202);
}

Result<http::Response> show_tenant_keys(TenantId id, const VaultAdministration& vault, ports::ProviderStore& store)
{
    if (const auto there = there_is(vault); !there) return there.error();
    if (const auto tenant = store.tenant(id); !tenant) return tenant.error();
    const auto keys = vault.keys->keys_of(id);
    if (!keys) return keys.error();
    auto items = json::array();
    for (const auto& key : *keys) {
        items.push_back({{"version", key.version},
                         {"state", key.state},
                         {"root_key", key.root},
                         {"seals", key.seals},
                         {"created_at", format_rfc3339(key.created_at)},
                         {"retired_at", time_json(key.retired_at)},
                         {"resealed_at", time_json(key.resealed_at)},
                         {"destroyed_at", time_json(key.destroyed_at)}});
    }
    return json_response(200, {{"items", std::move(items)}});
}

Result<http::Response> rotate_tenant_key(TenantId id, const http::Request& request, const VaultAdministration& vault,
                                         ports::ProviderStore& store)
{
    if (const auto there = there_is(vault); !there) return there.error();
    if (const auto tenant = store.tenant(id); !tenant) return tenant.error();
    if (const auto current = vault.keys->current(id); !current) {
        if (current.error().code() != ErrorCode::not_found) return current.error();
        return Error(ErrorCode::conflict, "the tenant has no key yet: nothing of it is sealed");
    }
    const auto keys = vault.keys->keys_of(id);
    if (!keys) return keys.error();
    if (const auto may = may_rotate(*keys); !may) return may.error();
    const auto told = recorded(store, "tenant_key.rotate", "tenant:" + id.str(), json::object(), request);
    if (!told) return told.error();
    const auto version = vault.renew(id);
    if (!version) return version.error();
    return json_response(202, {{"version", *version}});
}

Result<http::Response> destroy_tenant_keys(TenantId id, const http::Request& request, const VaultAdministration& vault,
                                           ports::ProviderStore& store)
{
    if (const auto there = there_is(vault); !there) return there.error();
    const auto tenant = store.tenant(id);
    if (!tenant) return tenant.error();
    const auto wanted = read_destruction(request, *tenant);
    if (!wanted) return wanted.error();
    if (!tenant->suspended) {
        return Error(ErrorCode::conflict, "the tenant is at work: suspend it before its keys are destroyed");
    }
    const auto older = vault.has_older_secrets(id);
    if (!older) return older.error();
    if (*older) {
        return Error(ErrorCode::conflict,
                     "some secrets of the tenant are still sealed under the key of before there was a vault, which "
                     "would go on opening them: ask again once the chore reseal_secrets has sealed them anew; what it "
                     "says it cannot, has to be deleted first");
    }
    const auto keys = vault.keys->keys_of(id);
    if (!keys) return keys.error();
    if (keys->empty())
        return Error(ErrorCode::conflict, "the tenant has no keys: nothing of it was ever sealed under one");
    if (all_destroyed(*keys))
        return Error(ErrorCode::conflict, "the tenant's keys were destroyed before: none is left");
    const auto told = recorded(store, "tenant_key.destroy", "tenant:" + id.str(),
                               {{"service_code", wanted->service_code}, {"reason", wanted->reason}}, request);
    if (!told) return told.error();
    const auto destroyed = vault.keys->destroy_all(id);
    if (!destroyed) return destroyed.error();
    vault.refresh();
    return json_response(200, {{"versions", *destroyed}});
}

Result<Done> may_resume(TenantId id, const VaultAdministration& vault)
{
    if (vault.keys == nullptr) return Done{};
    const auto keys = vault.keys->keys_of(id);
    if (!keys) return keys.error();
    if (!all_destroyed(*keys)) return Done{};
    return Error(ErrorCode::conflict,
                 "the tenant's keys were destroyed: nothing of it could be opened, nor anything sealed anew");
}

}  // namespace winnow::api
