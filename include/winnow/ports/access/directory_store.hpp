#pragma once

/// @file
/// A tenant's directory, inside one of its transactions: the tokens that it shows, and which users are its own.

#include "winnow/access/permission.hpp"
#include "winnow/base/network.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

using ScimTokenId = StrongId<struct ScimTokenTag>;

/// A live token (neither revoked nor expired) as it can be shown: without its secret.
struct ScimToken {
    ScimTokenId id;
    std::string name;
    std::string hint;                                   ///< The secret's first characters.
    access::Role role = access::Role::viewer;           ///< Of users whom it makes; never admin.
    std::optional<std::vector<Network>> networks = {};  ///< Where it may be used; nullopt: everywhere.
    Timestamp created_at;
    std::string created_by;  ///< access::Principal::actor().
    Timestamp expires_at;
};

/// What the directory calls a user of its own.
struct DirectoryUser {
    UserId id;
    std::string user_name;    ///< Unique among the directory's users, whatever the case.
    std::string external_id;  ///< "": none.
    bool removed = false;     ///< By the directory, which sees it no more.
};

/// What a list is limited to: at most one of the two is set.
struct DirectoryFilter {
    std::optional<std::string> user_name = {};    ///< Whatever the case.
    std::optional<std::string> external_id = {};  ///< As it is.
};

/// Lists go by id, which is by age. Not thread-safe: lives and dies with its transaction. Writers hold
/// SettingsStore::lock_configuration().
class DirectoryStore {
public:
    DirectoryStore() = default;
    DirectoryStore(const DirectoryStore&) = delete;
    DirectoryStore& operator=(const DirectoryStore&) = delete;
    virtual ~DirectoryStore() = default;

    /// Live ones.
    [[nodiscard]] virtual Result<std::vector<ScimToken>> page_tokens(std::optional<ScimTokenId> after,
                                                                     std::size_t limit) = 0;
    /// `not_found` where the tenant has no such live token.
    [[nodiscard]] virtual Result<ScimToken> find_token(ScimTokenId id) = 0;
    [[nodiscard]] virtual Result<std::size_t> count_tokens() = 0;
    /// Of tokens that are over only the newest hundred stay remembered.
    /// @param secret_hash  SHA-256, 32 bytes.
    [[nodiscard]] virtual Result<Done> add_token(const ScimToken& token, const std::string& secret_hash) = 0;
    [[nodiscard]] virtual Result<Done> revoke_token(ScimTokenId id) = 0;

    /// Those that are there, without users who were deleted.
    [[nodiscard]] virtual Result<std::vector<DirectoryUser>> page(const DirectoryFilter& filter, std::size_t skip,
                                                                  std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::size_t> count(const DirectoryFilter& filter) = 0;
    /// Also one that was removed. nullopt: the user is none of the directory's.
    [[nodiscard]] virtual Result<std::optional<DirectoryUser>> find(UserId id) = 0;
    /// `conflict` where another one has the name.
    [[nodiscard]] virtual Result<Done> put(const DirectoryUser& user) = 0;
    /// The user is none of the directory's any more, and nothing of what it called the user stays.
    [[nodiscard]] virtual Result<Done> forget(UserId id) = 0;
};

}  // namespace winnow::ports
