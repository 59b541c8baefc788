// moments
