#include "winnow/pg/alert_ids.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/connection.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/base/result.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace winnow::pg {

domain::AlertIds stored_alert_ids(const PgOptions& options)
{
    const auto ids = translated([&]() -> Result<domain::AlertIds> {
        Session session(options);
        pqxx::nontransaction tx(session.connection());
        const auto rows = query(tx, "select root from alert_id_root");
        const auto stored = rows.empty() ? std::string() : bytes_of(rows[0][0]);
        domain::AlertIds::Root root{};
        if (stored.size() != root.size()) return Error(ErrorCode::conflict, "the table alert_id_root is empty");
        std::ranges::transform(stored, root.begin(), [](char byte) { return static_cast<std::uint8_t>(byte); });
        return domain::AlertIds(root);
    });
    if (!ids) throw std::runtime_error("what names alerts cannot be read: " + ids.error().message());
    return *ids;
}

}  // namespace winnow::pg
