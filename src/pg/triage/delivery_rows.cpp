#include "pg/triage/delivery_rows.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/multi_row.hpp"
#include "pg/rows/values.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace winnow::pg {

namespace {

// A notice travels, is read and is stored once, however many are told of it. Beside programs that know none (0033) each
// delivery has it as its payload, too.
constexpr auto kInsertDeliveries = R"sql(
with events as materialized (
    select ticket_id, event_seq, event_kind, notice::jsonb as notice, public_url, place
      from unnest($2::uuid[], $3::int4[], $4::text[], $5::text[], $6::text[]) with ordinality
           as t(ticket_id, event_seq, event_kind, notice, public_url, place)
), told as (
    insert into notices (tenant_id, ticket_id, event_seq, content, public_url)
    select $1::uuid, ticket_id, event_seq, notice, public_url from events
    on conflict do nothing
)
insert into deliveries (tenant_id, delivery_id, ticket_id, event_seq, event_kind, contact_id, payload)
select $1::uuid, r.id, e.ticket_id, e.event_seq, e.event_kind, r.contact_id,
       case when not (select payloads_are_spared()) then e.notice end
  from unnest($7::uuid[], $8::uuid[], $9::int8[]) as r(id, contact_id, place)
  join events e using (place)
on conflict do nothing
)sql";

constexpr auto kTake = "select take_deliveries($1::uuid, $2::uuid[], $3::int8)::text";

/// "{t,f,t}": one for each that was asked for. Empty: all have room.
std::vector<bool> granted(const pqxx::field& field)
{
    std::vector<bool> each;
    if (field.is_null()) return each;
    for (const char letter : text_of(field)) {
        if (letter == 't' || letter == 'f') each.push_back(letter == 't');
    }
    return each;
}

/// At most kRowsPerStatement deliveries of one or more events.
class DeliveryRows {
public:
    DeliveryRows(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    /// `owed` outlives the next flush().
    void add(const domain::Owed& owed)
    {
        left_out_ += owed.left_out;
        for (const auto& recipient : owed.to) {
            wanted_.emplace_back(&owed, &recipient);
            if (wanted_.size() == kRowsPerStatement) flush();
        }
    }

    void flush()
    {
        if (wanted_.empty()) return;
        const auto room = take_places();
        const domain::Owed* named = nullptr;
        std::size_t rows = 0;
        for (std::size_t i = 0; i < wanted_.size(); ++i) {
            if (!room.empty() && !room.at(i)) continue;
            const auto& [owed, recipient] = wanted_[i];
            if (std::exchange(named, owed) != owed) name(*owed);
            ids_.add(recipient->id);
            contacts_.add(recipient->contact_id);
            places_.add(events_);
            ++rows;
        }
        wanted_.clear();
        if (rows == 0) return;
        query(tx_, kInsertDeliveries, tenant_, tickets_.take(), seqs_.take(), kinds_.take(), notices_.take(),
              urls_.take(), ids_.take(), contacts_.take(), places_.take());
        events_ = 0;
    }

private:
    [[nodiscard]] std::vector<bool> take_places()
    {
        ArrayLiteral contacts;
        for (const auto& [owed, recipient] : wanted_) contacts.add(recipient->contact_id);
        const auto rows = query(tx_, kTake, tenant_, contacts.take(), std::exchange(left_out_, 0));
        return granted(rows[0][0]);
    }

    void name(const domain::Owed& owed)
    {
        tickets_.add(owed.ticket_id);
        seqs_.add(owed.event_seq);
        kinds_.add(owed.event_kind);
        notices_.add(owed.payload);
        urls_.add(owed.public_url);
        ++events_;
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
    std::vector<std::pair<const domain::Owed*, const domain::Owed::Recipient*>> wanted_;
    std::uint64_t left_out_ = 0;
    ArrayLiteral tickets_;
    ArrayLiteral seqs_;
    ArrayLiteral kinds_;
    ArrayLiteral notices_;
    ArrayLiteral urls_;
    ArrayLiteral ids_;
    ArrayLiteral contacts_;
    ArrayLiteral places_;
    std::size_t events_ = 0;
};

}  // namespace

void store_deliveries(pqxx::transaction_base& tx, TenantId tenant, const std::vector<domain::Owed>& deliveries)
{
    DeliveryRows rows(tx, tenant);
    for (const auto& owed : deliveries) rows.add(owed);
    rows.flush();
}

}  // namespace winnow::pg
