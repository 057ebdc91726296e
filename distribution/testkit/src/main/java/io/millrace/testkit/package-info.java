/** For the tests of plugin authors. */
package io.millrace.testkit;
