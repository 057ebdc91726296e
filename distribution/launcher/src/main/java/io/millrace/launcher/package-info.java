/** Starts the OSGi framework with the bundles of a distribution folder: configuration, data folder, start order, readiness. */
package io.millrace.launcher;
