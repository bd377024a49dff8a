#include "app/background_jobs.hpp"

#include "app/config/node_settings.hpp"
#include "winnow/pg/backtest_jobs.hpp"
#include "winnow/pg/export_jobs.hpp"
#include "winnow/pg/import_jobs.hpp"

#include <cstdint>
#include <utility>

namespace winnow::app {

namespace {

pipeline::BacktestOptions backtest_options(BackgroundJobs::Parts& parts)
{
    pipeline::BacktestOptions options;
    options.node = parts.node;
    options.look = parts.look;
    options.busy = std::move(parts.busy);
    return options;
}

pipeline::ExportOptions export_options(const BackgroundJobs::Parts& parts)
{
    return {.node = parts.node,
            .max_bytes = static_cast<std::int64_t>(parts.config.tenants.max_export_bytes),
            .look = parts.look};
}

pipeline::ImportOptions import_options(const BackgroundJobs::Parts& parts)
{
    return {.node = parts.node,
            .max_bytes = static_cast<std::int64_t>(parts.config.tenants.max_import_bytes),
            .look = parts.look};
}

}  // namespace

BackgroundJobs::BackgroundJobs(Parts parts)
    : backtest_jobs_(pg::make_backtest_jobs(parts.pipeline)),
      export_jobs_(pg::make_export_jobs(parts.pipeline, api_session(parts.config))),
      import_jobs_(pg::make_import_jobs(parts.pipeline, api_session(parts.config), parts.config.tenants)),
      backtests_(*backtest_jobs_, parts.policies, backtest_options(parts), parts.metrics),
      exports_(*export_jobs_, parts.ids, export_options(parts), parts.metrics),
      imports_(*import_jobs_, parts.ids, import_options(parts), parts.metrics)
{
}

void BackgroundJobs::start()
{
    backtests_.start();
    exports_.start();
    imports_.start();
}

}  // namespace winnow::app
