# winnow_embed_migrations(TARGET): migrations/*.sql become part of the target, so that the program needs no source tree.
function(winnow_embed_migrations target)
  file(GLOB _files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/migrations/*.sql)
  set(WINNOW_MIGRATION_ENTRIES "")
  foreach(_file ${_files})  # a glob is sorted by name
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${_file})
    get_filename_component(_name ${_file} NAME_WE)
    file(READ ${_file} _sql)
    string(APPEND WINNOW_MIGRATION_ENTRIES "        {\"${_name}\", R\"winnow_sql(${_sql})winnow_sql\"},\n")
  endforeach()
  set(_generated ${PROJECT_BINARY_DIR}/generated/embedded_migrations.cpp)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/embedded_migrations.cpp.in ${_generated} @ONLY)
  target_sources(${target} PRIVATE ${_generated})
endfunction()
