/** What a connector's configuration may say, and whether one is right. */
package io.millrace.connect.config;
