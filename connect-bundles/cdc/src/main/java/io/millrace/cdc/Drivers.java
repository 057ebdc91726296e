package io.millrace.cdc;

import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Collections;
import org.slf4j.LoggerFactory;

/** Takes this bundle's JDBC driver out of the JVM's list, which would keep the bundle's class loader alive. */
final class Drivers {

    private Drivers() {}

    /** Stands in the bundle because the list that DriverManager shows depends on its caller's class loader. */
    static void deregister() {
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            if (driver.getClass().getClassLoader() == Drivers.class.getClassLoader()) {
                try {
                    DriverManager.deregisterDriver(driver);
                } catch (SQLException e) {
                    LoggerFactory.getLogger(Drivers.class).warn("driver {} stays registered", driver, e);
                }
            }
        }
    }
}
