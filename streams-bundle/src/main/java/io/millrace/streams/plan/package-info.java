/** What a job computes, as operators over topics: what the Java DSL builds, what SQL will build, and what {@code task} compiles. */
package io.millrace.streams.plan;
