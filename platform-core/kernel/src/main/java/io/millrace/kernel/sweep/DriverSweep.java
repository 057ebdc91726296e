package io.millrace.kernel.sweep;

import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Collections;

/**
 * Deregisters the JDBC drivers that a plugin left with the JDK. {@link DriverManager} shows a driver only to callers that can see its class,
 * so a copy of this class stands in every wrapped plugin and is run as defined by the plugin's loader. Needs nothing outside of {@code java.*}.
 */
public final class DriverSweep implements Runnable {

    @Override
    public void run() {
        ClassLoader own = DriverSweep.class.getClassLoader();
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            if (driver.getClass().getClassLoader() == own) {
                try {
                    DriverManager.deregisterDriver(driver);
                } catch (SQLException e) {
                    throw new IllegalStateException("driver " + driver.getClass().getName() + " stays registered: " + e.getMessage(), e);
                }
            }
        }
    }
}
