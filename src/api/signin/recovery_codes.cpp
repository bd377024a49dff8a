#include "api/signin/recovery_codes.hpp"

#include "winnow/crypto/token.hpp"
#include "winnow/ports/signin/factor_store.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace winnow::api {

Result<nlohmann::json> new_recovery_codes(ports::TenantSession& session, UserId user,
                                          const std::function<Uuid()>& new_id)
{
    auto shown = nlohmann::json::array();
    std::vector<std::pair<FactorId, std::string>> stored;
    for (auto& code : crypto::make_recovery_codes(signin::kRecoveryCodes)) {
        shown.push_back(std::move(code.text));
        stored.emplace_back(new_id(), std::move(code.hash));
    }
    if (const auto kept = session.factors().set_recovery_codes(user, stored); !kept) return kept.error();
    return shown;
}

}  // namespace winnow::api
