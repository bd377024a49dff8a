# _winnow_migration_entries(OUT FOLDER): what embedded_migrations.cpp.in lists of one folder's files, in order.
function(_winnow_migration_entries out folder)
  file(GLOB _files CONFIGURE_DEPENDS ${folder}/*.sql)
  set(_entries "")
  foreach(_file ${_files})  # a glob is sorted by name
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${_file})
    get_filename_component(_name ${_file} NAME_WE)
    file(READ ${_file} _sql)
    string(APPEND _entries "        {\"${_name}\", R\"winnow_sql(${_sql})winnow_sql\"},\n")
  endforeach()
  set(${out} "${_entries}" PARENT_SCOPE)
endfunction()

# winnow_embed_migrations(TARGET): migrations/*.sql, and the vault's in migrations/vault/, become part of the target, so
# that the program needs no source tree.
function(winnow_embed_migrations target)
  _winnow_migration_entries(WINNOW_MIGRATION_ENTRIES ${PROJECT_SOURCE_DIR}/migrations)
  _winnow_migration_entries(WINNOW_VAULT_MIGRATION_ENTRIES ${PROJECT_SOURCE_DIR}/migrations/vault)
  set(_generated ${PROJECT_BINARY_DIR}/generated/embedded_migrations.cpp)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/embedded_migrations.cpp.in ${_generated} @ONLY)
  target_sources(${target} PRIVATE ${_generated})
endfunction()
