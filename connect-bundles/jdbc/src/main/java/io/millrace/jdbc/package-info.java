/** The JDBC sink connector: records become rows of a relational database. */
package io.millrace.jdbc;
