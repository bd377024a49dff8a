#include "support/full_disk.hpp"

#include <pqxx/pqxx>

#include <utility>

namespace winnow::test {

FullDisk::FullDisk(std::string superuser, const std::string& table) : superuser_(std::move(superuser))
{
    // Whoever inserts need not be allowed to read the table that says whether the disk is full.
    sql("create table disk_full ();"
        "create function refuse_when_full() returns trigger language plpgsql security definer "
        "set search_path = pg_catalog, public, pg_temp as $$ begin "
        "if exists (select from disk_full) then "
        "raise exception 'could not extend file: No space left on device' using errcode = '53100'; end if; "
        "return new; end $$;"
        "create trigger disk_full before insert on " +
        table + " for each row execute function refuse_when_full()");
}

void FullDisk::fill() const
{
    sql("insert into disk_full default values");
}

void FullDisk::make_room() const
{
    sql("delete from disk_full");
}

void FullDisk::sql(const std::string& statements) const
{
    pqxx::connection connection(superuser_);
    pqxx::work transaction(connection);
    transaction.exec(statements);
    transaction.commit();
}

}  // namespace winnow::test
